#!/usr/bin/env python3
"""Measures `gateway broker` beside mosquitto in one run and prints Markdown tables of medians.

    tests/Gateway.Benchmarks/broker.py LOADGENERATOR.cpp [--runs 5]

LOADGENERATOR.cpp is the project's MQTT load generator (one C++ file; its head has the build line). Needs g++, mosquitto and the
.NET SDK. Both brokers are started on free loopback ports, take turns, and are stopped again. Mosquitto's queue limits are lifted,
since at its defaults it drops what the load generator then reports as lost.
"""
import argparse
import json
import pathlib
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

SCENARIOS = [
    ("10 pairs QoS 0", ["pair", "--pubs", "10", "--qos", "0", "--count", "500000"]),
    ("10 pairs QoS 1", ["pair", "--pubs", "10", "--qos", "1", "--count", "300000"]),
    ("10 pairs QoS 2", ["pair", "--pubs", "10", "--qos", "2", "--count", "150000"]),
    ("10 pairs QoS 1, window 20", ["pair", "--pubs", "10", "--qos", "1", "--inflight", "20", "--count", "200000"]),
    ("fan-out 1→100 QoS 0", ["fanout", "--subs", "100", "--qos", "0", "--count", "10000"]),
    ("fan-in 100→1 QoS 1", ["fanin", "--pubs", "100", "--subs", "1", "--qos", "1", "--count", "300000"]),
    ("50 pairs QoS 1, one in flight", ["pair", "--pubs", "50", "--qos", "1", "--inflight", "1", "--count", "50000"]),
    ("1,000 msg/s QoS 1", ["pair", "--pubs", "10", "--qos", "1", "--rate", "1000", "--count", "4000"]),
]

IDLE_CONNECTIONS = 1000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port} after 20 s")


def publish(folder):
    runtime = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}[platform.machine()]
    subprocess.run(["dotnet", "publish", REPOSITORY / "src/Gateway", "-c", "Release", "-r", runtime, "--self-contained", "false",
                    "-o", folder / "gateway", "-v", "quiet"], check=True)
    return folder / "gateway/gateway"


def commands_for(folder, program):
    ports = {"gateway": free_port(), "mosquitto": free_port()}
    settings = folder / f"mosquitto-{ports['mosquitto']}.conf"
    settings.write_text(
        f"listener {ports['mosquitto']} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\nlog_type none\n")
    commands = {
        "gateway": [program, "broker", "--listen", f"mqtt://127.0.0.1:{ports['gateway']}"],
        "mosquitto": ["mosquitto", "-c", settings],
    }
    return ports, commands


def start_brokers(folder, program):
    ports, commands = commands_for(folder, program)
    processes = {name: subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for name, command in commands.items()}
    for port in ports.values():
        wait_for(port)
    return ports, processes


def measure(loader, arguments, port, pid):
    result = subprocess.run([loader, *arguments, "--port", str(port), "--pid", str(pid)], stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(result.stdout)


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def row(name, results):
    ours, theirs = results["gateway"], results["mosquitto"]
    rates = [median(runs, "msgs_per_s") / 1000 for runs in (ours, theirs)]
    cpu = [median(runs, "broker_cpu_us_per_msg") for runs in (ours, theirs)]
    p50 = [median(runs, "lat_p50_us") for runs in (ours, theirs)]
    wrong = [sum(run["lost"] + run["dup"] + run["reordered"] for run in runs) for runs in (ours, theirs)]
    return (f"| {name} | {rates[0]:.0f} | {rates[1]:.0f} | {rates[0] / rates[1]:.1f} | {p50[0] / p50[1]:.2f} "
            f"| {cpu[0]:.1f} | {cpu[1]:.1f} | {wrong[0]} / {wrong[1]} |")


def pair(name, results, key, scale=1):
    values = [median(results[broker], key) / scale for broker in ("gateway", "mosquitto")]
    return f"| {name} | {values[0]:.1f} | {values[1]:.1f} |"


def idle(loader, folder, program, runs):
    """What it costs to be there: each run starts both brokers anew."""
    starts = {"gateway": [], "mosquitto": []}
    connections = {"gateway": [], "mosquitto": []}
    for _ in range(runs):
        ports, commands = commands_for(folder, program)
        for broker, command in commands.items():
            result = subprocess.run([loader, "startup", "--port", str(ports[broker]), "--", *command],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
            starts[broker].append(json.loads(result.stdout.strip().splitlines()[-1]))
        ports, processes = start_brokers(folder, program)
        try:
            for broker, measured in connections.items():
                measured.append(measure(loader, ["connect", "--subs", str(IDLE_CONNECTIONS), "--hold", "1"], ports[broker], processes[broker].pid))
        finally:
            stop(processes)
    print("\n| | gateway | mosquitto |")
    print("|---|---|---|")
    print(pair("start to first CONNACK, ms", starts, "first_connack_ms"))
    print(pair("idle resident, MB", starts, "idle_rss_kb", 1000))
    print(pair(f"each of {IDLE_CONNECTIONS:,} idle connections, kB", connections, "bytes_per_conn", 1000), flush=True)


def stop(processes):
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        process.wait(20)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("loadgenerator", type=pathlib.Path)
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        loader = folder / "mqttload"
        subprocess.run(["g++", "-std=c++17", "-O2", "-o", loader, options.loadgenerator], check=True)
        program = publish(folder)
        ports, processes = start_brokers(folder, program)
        try:
            print("| | gateway, k msg/s | mosquitto, k msg/s | rate, ratio | p50, ratio | gateway CPU µs/msg | mosquitto CPU µs/msg | lost, doubled or reordered |")
            print("|---|---|---|---|---|---|---|---|")
            for scenario, flags in SCENARIOS:
                measure(loader, flags, ports["gateway"], processes["gateway"].pid)  # warm
                results = {"gateway": [], "mosquitto": []}
                for _ in range(options.runs):
                    for broker, runs in results.items():
                        runs.append(measure(loader, flags, ports[broker], processes[broker].pid))
                print(row(scenario, results), flush=True)
        finally:
            stop(processes)
        idle(loader, folder, program, options.runs)


if __name__ == "__main__":
    main()
