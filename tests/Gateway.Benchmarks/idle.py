#!/usr/bin/env python3
"""What a gateway takes that has little to do: resident memory and processor time of `gateway run`, by /proc.

    tests/Gateway.Benchmarks/idle.py [--gateway FOLDER] [--points 100] [--every 5] [--seconds 60] [--variable NAME=VALUE ...]

Simulated devices with ten points each are polled every --every seconds, and published to the local broker; once with the page and once without.
Told are the resident memory (VmRSS), its peak (VmHWM) and the share of one core over the last --seconds, after a warm-up of 20 s. --gateway names
a folder with a published gateway; without it, src/Gateway is published (Release, for this machine's processor) into a temporary one. --variable
sets a variable of the environment, such as DOTNET_GCConserveMemory=5, to compare settings in one run with those that ship. Needs the .NET SDK.
"""
import argparse
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARM_UP = 20


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def write(folder, points, every, page):
    (folder / "devicemaps").mkdir()
    web = f'"http://127.0.0.1:{free_port()}"' if page else "[]"
    (folder / "gateway.yaml").write_text(f'site: idle\ndata: data\nbroker: {{ listen: "mqtt://127.0.0.1:{free_port()}" }}\nweb: {{ listen: {web} }}\n')
    lines = ["bus: { simulated: true }", "devices:"]
    for device in range((points + 9) // 10):
        lines += [f"  - name: d{device}", f"    every: {every} s", "    points:"]
        lines += [f'      p{i}: {{ simulate: "random-walk(0, 100, 60 s)", unit: °C }}' for i in range(min(10, points - device * 10))]
    (folder / "devicemaps" / "plant.yaml").write_text("\n".join(lines) + "\n")


def status(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError(key)


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(gateway, options, page):
    with tempfile.TemporaryDirectory(prefix="gateway-idle-") as name:
        folder = pathlib.Path(name)
        write(folder, options.points, options.every, page)
        command = [str(gateway / "gateway")] if (gateway / "gateway").exists() else ["dotnet", str(gateway / "gateway.dll")]
        environment = os.environ | dict(each.split("=", 1) for each in options.variable)
        process = subprocess.Popen([*command, "run", "--config", str(folder / "gateway.yaml")], stderr=subprocess.DEVNULL, env=environment)
        try:
            time.sleep(WARM_UP)
            began, used = time.monotonic(), processor_seconds(process.pid)
            time.sleep(options.seconds)
            share = (processor_seconds(process.pid) - used) / (time.monotonic() - began)
            return status(process.pid, "VmRSS"), status(process.pid, "VmHWM"), share
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", type=pathlib.Path)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--variable", action="append", default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gateway-build-") as build:
        gateway = options.gateway
        if gateway is None:
            gateway = pathlib.Path(build)
            subprocess.run(["dotnet", "publish", ROOT / "src/Gateway", "-c", "Release", "--use-current-runtime", "--no-self-contained", "-o", gateway, "-v", "q"], check=True, stdout=sys.stderr)
        print("| | resident | peak | of one core |\n|---|---|---|---|")
        for page in (True, False):
            resident, peak, share = measure(gateway, options, page)
            print(f"| {'with' if page else 'without'} the page | {resident:.1f} MB | {peak:.1f} MB | {share * 100:.2f} % |", flush=True)


if __name__ == "__main__":
    main()
