#!/usr/bin/env python3
"""Measures `ModbusClient` beside libmodbus' client, both reading from the same libmodbus server, and prints a Markdown table of medians.

    tests/Gateway.Benchmarks/modbus.py [--runs 5]

125 holding registers per request on one connection, with 1, 4 and 16 requests under way; libmodbus' client has one. Needs a C compiler, Debian's
libmodbus-dev and the .NET SDK. The server listens on a free loopback port; the clients take turns.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from broker import REPOSITORY, free_port, wait_for

WINDOWS = [1, 4, 16]
COUNT = 50_000
BENCHMARKS = REPOSITORY / "tests/Gateway.Benchmarks"


def build(folder):
    subprocess.run(["cc", "-O2", "-I/usr/include/modbus", "-o", folder / "libmodbus", BENCHMARKS / "libmodbus.c", "-lmodbus"], check=True)
    subprocess.run(["dotnet", "build", BENCHMARKS, "-c", "Release", "-o", folder / "benchmarks", "-v", "quiet", "-nologo"],
                   check=True, stdout=sys.stderr)
    return folder / "libmodbus", folder / "benchmarks/Gateway.Benchmarks"


def measure(command):
    return [float(figure) for figure in subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True).stdout.split()]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        libmodbus, gateway = build(pathlib.Path(name))
        port = free_port()
        server = subprocess.Popen([libmodbus, "server", str(port)])
        try:
            wait_for(port)
            runs = {window: [] for window in WINDOWS}
            peer = []
            for _ in range(options.runs):
                peer.append(measure([libmodbus, "client", port, COUNT])[0])
                for window in WINDOWS:
                    runs[window].append(measure([gateway, "modbus", port, COUNT, window]))
            peer_rate = statistics.median(peer)
            print("| under way | gateway, k req/s | libmodbus, k req/s | rate, ratio | gateway CPU µs/req | gateway bytes/req |")
            print("|---|---|---|---|---|---|")
            for window in WINDOWS:
                rate, cpu, allocated = (statistics.median(figures) for figures in zip(*runs[window]))
                print(f"| {window} | {rate / 1000:.1f} | {peer_rate / 1000:.1f} | {rate / peer_rate:.2f} | {cpu:.1f} | {allocated:.2f} |")
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
