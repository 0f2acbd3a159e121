#!/usr/bin/env python3
"""An RS-485 line with Modbus RTU devices on it, whose bytes take the time that they take on a wire.

    paced_line.py LINK BAUD [--units 32] [--turnaround 10] [--warm-up 3] [--seconds 10] [--dead U] [--babbling U] [--slow U]

LINK becomes a pseudo-terminal. A request is on the line for as long as its characters last (11 bits each), then a device listens to
3.5 characters of silence (1.75 ms above 19200 baud), thinks for the turnaround (ms), and answers functions 3 and 4 with registers that show their own addresses;
the answer comes in portions of 8 characters, as from the FIFO of a UART, each when its last character has passed. A dead unit never
answers; a babbling one answers with 60 characters of noise; a slow one thinks for 200 ms.

After the warm-up it measures for the seconds given, prints one line of JSON, and goes on to serve until it is ended:
requests, elapsed (s), characters (the share of the time that characters were on the line), ideal (the share that characters, both silences
and turnarounds take, which is all that the protocol allows), early (requests that did not keep the silence before them), and beyond (ms: by
how much a request came later than that silence ends, the median).
"""
import argparse
import json
import os
import random
import select
import signal
import statistics
import struct
import sys
import time
import tty

BITS_PER_CHARACTER = 11
FIFO = 8
NOISE = 60
SLOW_SECONDS = 0.2
TOLERANCE_SECONDS = 0.0001


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def sleep_until(moment):
    # The kernel wakes late by its slack: the last bit is waited for awake.
    left = moment - time.monotonic()
    if left > 0.0003:
        time.sleep(left - 0.0002)
    while time.monotonic() < moment:
        pass


class Line:
    def __init__(self, arguments):
        self.arguments = arguments
        self.character = BITS_PER_CHARACTER / arguments.baud
        self.silence = 3.5 * self.character if arguments.baud <= 19200 else 0.00175
        self.master, self.slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(self.slave)
        if os.path.lexists(arguments.link):
            os.unlink(arguments.link)
        os.symlink(os.ttyname(self.slave), arguments.link)
        self.free_at = 0.0
        self.answers = {}
        self.reset()

    def reset(self):
        self.requests = self.early = 0
        self.characters = self.ideal = 0.0
        self.began = None
        self.beyond = []

    def take_request(self, timeout):
        """The bytes of a request, and when the first came; None if none came."""
        received = b""
        began = 0.0
        while len(received) < 8:
            if not select.select([self.master], [], [], timeout)[0]:
                return None
            began = began or time.monotonic()
            received += os.read(self.master, 256)
        return received[:8], began

    def answer(self, request):
        if request not in self.answers:
            self.answers[request] = self.build(request)
        return self.answers[request]

    def build(self, request):
        if crc(request[:6]) != request[6:]:
            return b""
        unit, function, address, count = struct.unpack(">BBHH", request[:6])
        if unit == self.arguments.babbling:
            return bytes(random.Random(unit).randrange(256) for _ in range(NOISE))
        if not 1 <= unit <= self.arguments.units or unit == self.arguments.dead or function not in (3, 4):
            return b""
        body = struct.pack(">BBB", unit, function, 2 * count) + b"".join(struct.pack(">H", address + i & 0xFFFF) for i in range(count))
        return body + crc(body)

    def deliver(self, answer, starts):
        for i in range(0, len(answer), FIFO):
            portion = answer[i:i + FIFO]
            sleep_until(starts + (i + len(portion)) * self.character)
            os.write(self.master, portion)
        return starts + len(answer) * self.character

    def serve_one(self):
        taken = self.take_request(0.2)
        if taken is None:
            return
        request, began = taken
        self.beyond.append(began - self.free_at - self.silence)
        self.early += began < self.free_at + self.silence - TOLERANCE_SECONDS
        self.began = self.began or began
        ends = began + len(request) * self.character
        turnaround = SLOW_SECONDS if request[0] == self.arguments.slow else self.arguments.turnaround / 1000
        answer = self.answer(request)
        if answer:
            ends = self.deliver(answer, ends + self.silence + turnaround)
        else:
            sleep_until(ends)
        self.free_at = ends
        self.requests += 1
        self.characters += (len(request) + len(answer)) * self.character
        self.ideal += (len(request) + len(answer)) * self.character + 2 * self.silence + turnaround

    def report(self):
        elapsed = self.free_at + self.silence - self.began if self.began else 0.0
        share = lambda time_spent: round(time_spent / elapsed, 4) if elapsed else 0
        print(json.dumps({"requests": self.requests, "elapsed": round(elapsed, 3), "characters": share(self.characters),
                          "ideal": share(self.ideal), "early": self.early,
                          "beyond": round(1000 * statistics.median(self.beyond or [0]), 3)}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("link")
    parser.add_argument("baud", type=int)
    parser.add_argument("--units", type=int, default=32)
    parser.add_argument("--turnaround", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    for kind in ("dead", "babbling", "slow"):
        parser.add_argument(f"--{kind}", type=int, default=-1)
    line = Line(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    while line.began is None:
        line.serve_one()
    for seconds, isMeasured in ((line.arguments.warm_up, False), (line.arguments.seconds, True)):
        line.reset()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            line.serve_one()
        if isMeasured:
            line.report()
    while True:
        line.serve_one()


main()
