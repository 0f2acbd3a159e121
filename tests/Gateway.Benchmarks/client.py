#!/usr/bin/env python3
"""Measures `MqttClient` beside libmosquitto, both publishing to `gateway broker`, and prints a Markdown table of medians.

    tests/Gateway.Benchmarks/client.py [--runs 5]

Messages of 64 bytes at QoS 1 over MQTT 3.1.1, with 1, 20, 100 and 1,000 of them unacknowledged. libmosquitto runs both as one thread with
mosquitto_loop and with mosquitto_loop_start, and the faster median counts. Needs a C compiler, Debian's libmosquitto-dev and the .NET SDK.
The broker listens on a free loopback port; the clients take turns.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from broker import REPOSITORY, free_port, publish, wait_for

WINDOWS = [1, 20, 100, 1000]
BENCHMARKS = REPOSITORY / "tests/Gateway.Benchmarks"


def build(folder):
    subprocess.run(["cc", "-O2", "-o", folder / "mosquitto_client", BENCHMARKS / "mosquitto_client.c", "-lmosquitto", "-lpthread"], check=True)
    subprocess.run(["dotnet", "build", BENCHMARKS, "-c", "Release", "-o", folder / "benchmarks", "-v", "quiet", "-nologo"],
                   check=True, stdout=sys.stderr)
    return folder / "mosquitto_client", folder / "benchmarks/Gateway.Benchmarks"


def measure(command):
    return [float(figure) for figure in subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True).stdout.split()]


def row(window, runs):
    medians = {name: [statistics.median(figures) for figures in zip(*measured)] for name, measured in runs.items()}
    mode = max(("loop", "thread"), key=lambda name: medians[name][0])
    rate, cpu, allocated = medians["gateway"]
    peer_rate, peer_cpu = medians[mode]
    return (f"| {window:,} | {rate / 1000:.0f} | {peer_rate / 1000:.0f} ({mode}) | {rate / peer_rate:.1f} "
            f"| {cpu:.1f} | {peer_cpu:.1f} | {allocated:.0f} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        mosquitto, gateway = build(folder)
        port = free_port()
        broker = subprocess.Popen([publish(folder), "broker", "--listen", f"mqtt://127.0.0.1:{port}", "--data", folder / "data"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            measure([mosquitto, port, 100_000, 100, "loop"])  # warms the broker
            print("| window | gateway, k msg/s | libmosquitto, k msg/s | rate, ratio | gateway CPU µs/msg | libmosquitto CPU µs/msg | gateway bytes/msg |")
            print("|---|---|---|---|---|---|---|")
            for window in WINDOWS:
                count = 10_000 if window == 1 else 100_000
                runs = {"gateway": [], "loop": [], "thread": []}
                for _ in range(options.runs):
                    runs["gateway"].append(measure([gateway, "client", port, count if window == 1 else 10 * count, window]))
                    for mode in ("loop", "thread"):
                        runs[mode].append(measure([mosquitto, port, count, window, mode]))
                print(row(window, runs), flush=True)
        finally:
            broker.terminate()
            broker.wait(20)


if __name__ == "__main__":
    main()
