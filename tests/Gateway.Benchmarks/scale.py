#!/usr/bin/env python3
"""How late reads begin when `gateway run` polls 10,000 points at 1 s over 100 simulated Modbus TCP devices, and what that costs.

    tests/Gateway.Benchmarks/scale.py [--seconds 60] [--devices 100] [--points 100] [--build FOLDER]

`gateway simulate` serves the devices on one processor, the gateway has the other one for itself; every point is mapped, queued and
published to the local broker. Lateness is the gateway's own, from its status: how long after it was due a read began, in the last
minute, on all buses together. CPU is the share of one core that the gateway took, from /proc. Needs the .NET SDK and python3;
nothing else should run meanwhile. --build names the folder of a gateway that was published before.
"""
import argparse
import json
import os
import pathlib
import platform
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FIRST_PORT = 15020


def publish(folder):
    runtime = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}[platform.machine()]
    subprocess.run(["dotnet", "publish", REPOSITORY / "src/Gateway", "-c", "Release", "-r", runtime, "--self-contained", "false",
                    "-o", folder / "gateway", "-v", "quiet"], check=True, stdout=subprocess.DEVNULL)
    return folder / "gateway"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def map_of(devices, points):
    return "\n---\n".join(
        f"bus: {{ modbus: tcp, host: 127.0.0.1, port: {FIRST_PORT + i} }}\ndevices:\n  - name: d{i}\n    every: 1 s\n    points:\n"
        + "\n".join(f"      p{j}: {{ holding: {j} }}" for j in range(points))
        for i in range(devices))


def status(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=30) as answer:
        return json.load(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--build", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        gateway = (arguments.build or publish(folder)) / "gateway"
        page = free_port()
        (folder / "devicemaps").mkdir()
        (folder / "devicemaps/plant.yaml").write_text(map_of(arguments.devices, arguments.points))
        (folder / "gateway.yaml").write_text(f"site: scale\ndata: data\nbroker: {{ listen: [] }}\nweb: {{ listen: 'http://127.0.0.1:{page}' }}\n")
        log = open(folder / "log", "w")
        plant = subprocess.Popen(["taskset", "-c", "1", gateway, "simulate", folder / "devicemaps/plant.yaml", "--listen", f"127.0.0.1:{FIRST_PORT}"],
                                 stdout=log, stderr=log)
        time.sleep(5)
        service = subprocess.Popen(["taskset", "-c", "0", gateway, "run", "--config", folder / "gateway.yaml"], stdout=log, stderr=log)
        try:
            # Neither the start nor a status, which takes 60 ms of the core and the first one 340, is in the CPU time or in the minute that lateness is told of.
            time.sleep(15)
            missed = sum(bus["missed"] for bus in status(page)["buses"])
            time.sleep(65)
            before, began = cpu_seconds(service.pid), time.monotonic()
            time.sleep(arguments.seconds)
            cpu = (cpu_seconds(service.pid) - before) / (time.monotonic() - began)
            after = status(page)
            buses, late = after["buses"], after["lateness"]
        finally:
            for process in (service, plant):
                process.send_signal(signal.SIGTERM)
                process.wait()
        online = sum(device["isOnline"] is True for bus in buses for device in bus["devices"])
        print("| devices online | points | late: median | p99 | most | reads left out | CPU of a core |\n|---|---|---|---|---|---|---|")
        print(f"| {online} | {arguments.devices * arguments.points} | {late['medianMilliseconds']:.1f} ms | {late['p99Milliseconds']:.1f} ms "
              f"| {late['maximumMilliseconds']:.1f} ms | {sum(bus['missed'] for bus in buses) - missed} | {100 * cpu:.0f} % |")


if __name__ == "__main__":
    main()
