#!/usr/bin/env python3
"""How fast `gateway run` gets rid of a backlog while it goes on measuring, beside the fastest client that the same broker knows.

    tests/Gateway.Benchmarks/drain.py [--readings 1000000] [--build FOLDER] [--protocol 5]

The gateway collects readings of a simulated device while its uplink is away; copies of them with numbers of their own fill the queue up to
--readings. Then mosquitto comes, and the gateway drains (`drain: live-first`, QoS 1) while another device is read a hundred times a second,
to which mosquitto_sub listens. Told are the rate of the drain, how old live readings are when they arrive, and the gateway's memory: when a
tenth of the backlog is gone, and the least and most from then on. Beside it, into the same mosquitto with nobody listening, messages of
64 bytes at QoS 1: libmosquitto (one thread, and its own), and `MqttClient` without a gateway, with windows of 20 and 1,000, the fastest of
which counts; they are measured before and after. Needs the .NET SDK, a C compiler, mosquitto, mosquitto-clients and libmosquitto-dev.
--build names a folder with what an earlier run has built there; it is made if it is empty.
"""
import argparse
import contextlib
import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime

sys.dont_write_bytecode = True
from broker import free_port, publish, wait_for
from client import build, measure

LIVE = 'bus: { simulated: true, name: live }\ndevices:\n  - name: live\n    every: 100 ms\n    points:\n'
PAST = 'bus: { simulated: true, name: past }\ndevices:\n  - name: past\n    every: 100 ms\n    points:\n'
TOPIC = "drain/live/+"


def points(count):
    return "".join(f'      p{i}: {{ simulate: "random-walk(0, 100, 60 s)", unit: "°C" }}\n' for i in range(count))


def get(page, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{page}{path}", timeout=30) as answer:
        return json.load(answer)


def rss(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1000


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen([str(part) for part in command], **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def fill(database, readings):
    """Doubles what is there until there is enough, each copy with a position and a sequence of its own."""
    file = sqlite3.connect(database, isolation_level=None)
    file.execute("PRAGMA synchronous = OFF")
    names = [column[1] for column in file.execute("PRAGMA table_info(record)")]
    first, last, sequence, boot = file.execute("SELECT min(position), max(position), max(sequence), max(boot) FROM record").fetchone()
    assert first is not None, "the gateway collected nothing"
    copied = ", ".join({"position": "position + ?1", "sequence": "sequence + ?2", "boot": "?3"}.get(name, name) for name in names)
    file.execute("BEGIN")
    while (missing := readings - file.execute("SELECT count(*) FROM record").fetchone()[0]) > 0:
        file.execute(f"INSERT INTO record ({', '.join(names)}) SELECT {copied} FROM record ORDER BY position LIMIT ?4",
                     (last - first + 1, sequence, boot, missing))
        first, last, sequence = file.execute("SELECT min(position), max(position), max(sequence) FROM record").fetchone()
    file.execute("UPDATE meta SET value = ? WHERE key = 'position'", (last,))
    file.execute("COMMIT")
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()


def judge(rate, fastest, p99, memory):
    """What is not as it should be, a sentence each."""
    if rate < 20_000:
        yield f"the drain has {rate:,.0f} readings/s; 20,000 are asked for"
    if rate < fastest / 2:
        yield f"the drain has {rate / fastest:.2f} of the fastest client; 0.50 is asked for"
    if p99 > 1:
        yield f"99 % of the live readings take up to {p99:.2f} s; 1 s is allowed"
    if memory[0] - memory[1] > 10 or memory[2] - memory[0] > 10:
        yield f"memory went from {memory[0]:.0f} MB to between {memory[1]:.0f} and {memory[2]:.0f} MB; 10 MB either way are allowed"


class Listener(threading.Thread):
    """Ages of live readings at their arrival, from the time that they carry."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.ages = []
        self.process = subprocess.Popen(["mosquitto_sub", "-p", str(port), "-q", "1", "-t", TOPIC, "-F", "%U %p"], stdout=subprocess.PIPE)

    def run(self):
        for line in self.process.stdout:
            arrived, payload = line.split(b" ", 1)
            if payload.startswith(b'{"value"') and b'"backlog"' not in payload:
                self.ages.append(float(arrived) - datetime.fromisoformat(json.loads(payload)["time"].replace("Z", "+00:00")).timestamp())


def drain(gateway, folder, readings, protocol):
    port, page, data = free_port(), free_port(), folder / "data/queue"
    log = open(folder / "log", "w")
    (folder / "devicemaps").mkdir()
    (folder / "gateway.yaml").write_text(
        f"site: drain\ndata: data\nuplink: {{ url: 'mqtt://127.0.0.1:{port}', protocol: {protocol} }}\nqueue: {{ drain: live-first }}\n"
        f"broker: {{ listen: [] }}\nweb: {{ listen: 'http://127.0.0.1:{page}' }}\n")
    run = [gateway, "run", "--config", folder / "gateway.yaml"]

    (folder / "devicemaps/plant.yaml").write_text(PAST + points(100))
    with running(run, stdout=log, stderr=log):
        wait_for(page)
        while get(page, "/api/status")["queue"]["depth"] < min(5000, readings):
            time.sleep(0.2)
    fill(data / "queue.db", readings)

    (folder / "devicemaps/plant.yaml").write_text(LIVE + points(10))
    (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with running(run, stdout=log, stderr=log) as service:
        wait_for(page)
        while (status := get(page, "/api/status"))["queue"]["depth"] < readings:
            time.sleep(0.2)
        before = status["uplinks"][0]["published"]
        with running(["mosquitto", "-c", folder / "mosquitto.conf"], stdout=log, stderr=log):
            wait_for(port)
            listener = Listener(port)
            listener.start()
            samples = []
            while True:
                uplink, depth = (status := get(page, "/api/status"))["uplinks"][0], status["queue"]["depth"]
                samples.append((time.monotonic(), uplink["published"] - before, depth, rss(service.pid), len(listener.ages)))
                if depth < 500:
                    break
                time.sleep(0.25)
            listener.process.terminate()
    began = next(i for i, sample in enumerate(samples) if sample[1] > 0)
    warm = next(i for i, sample in enumerate(samples) if sample[1] >= readings / 10)
    (from_time, from_count, *_), (to_time, to_count, *_) = samples[began], samples[-1]
    ages = sorted(listener.ages[samples[began][4]:samples[-1][4]])
    memory = [sample[3] for sample in samples[warm:]]
    return (to_count - from_count) / (to_time - from_time), ages, (memory[0], min(memory), max(memory)), samples


def peers(folder, mosquitto_client, benchmark):
    port = free_port()
    (folder / "peers.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with running(["mosquitto", "-c", folder / "peers.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        wait_for(port)
        return {f"{name}, window {window:,}": measure([*command(window)])[0]
                for window in (20, 1000)
                for name, command in (
                    ("libmosquitto (loop)", lambda window: [mosquitto_client, port, 200_000, window, "loop"]),
                    ("libmosquitto (thread)", lambda window: [mosquitto_client, port, 200_000, window, "thread"]),
                    ("MqttClient", lambda window: [benchmark, "client", port, 200_000, window]))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--protocol", default="5")
    parser.add_argument("--samples", action="store_true", help="print the run as it went")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        built = arguments.build or folder / "build"
        built.mkdir(exist_ok=True)
        if not any(built.iterdir()):
            publish(built)
            build(built)
        clients = built / "mosquitto_client", built / "benchmarks/Gateway.Benchmarks"
        before = peers(folder, *clients)
        rate, ages, memory, samples = drain(built / "gateway/gateway", folder, arguments.readings, arguments.protocol)
        after = peers(folder, *clients)
        rates = {name: (before[name] + after[name]) / 2 for name in before}
        if arguments.samples:
            for sample in samples:
                print("%.2f s %d published, %d left, %.1f MB, %d live" % (sample[0] - samples[0][0], *sample[1:]), file=sys.stderr)
            print(rates, file=sys.stderr)
        fastest = max(rates, key=rates.get)
        print("| drained, readings/s | fastest client, messages/s | ratio | live: median | p99 | most | memory: warm | least | most |")
        print("|---|---|---|---|---|---|---|---|---|")
        p99 = ages[len(ages) * 99 // 100]
        print(f"| {rate:,.0f} | {rates[fastest]:,.0f} ({fastest}) | {rate / rates[fastest]:.2f} | {1000 * ages[len(ages) // 2]:.0f} ms "
              f"| {1000 * p99:.0f} ms | {1000 * ages[-1]:.0f} ms | {memory[0]:.0f} MB | {memory[1]:.0f} MB | {memory[2]:.0f} MB |")
        problems = [*judge(rate, rates[fastest], p99, memory)]
        print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
        sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
