#!/usr/bin/env python3
"""How busy `gateway run` keeps a serial line: 32 Modbus RTU devices on a line whose bytes take the time that they take on a wire.

    tests/Gateway.Benchmarks/wire.py [--seconds 20] [--registers 20] [--baud 9600 19200 115200] [--build FOLDER]

For each rate it starts the line (tests/Gateway.TestSupport/paced_line.py, which measures) and a gateway that is to
poll all devices as often as `check` thinks possible, and prints a Markdown table. Needs the .NET SDK and python3; nothing else should
run meanwhile. --build names the folder of a gateway that was published before.
"""
import argparse
import json
import os
import pathlib
import platform
import signal
import subprocess
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DEVICES = 32
TURNAROUND_MS = 10
LOAD = 0.995


def publish(folder):
    runtime = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}[platform.machine()]
    subprocess.run(["dotnet", "publish", REPOSITORY / "src/Gateway", "-c", "Release", "-r", runtime, "--self-contained", "false",
                    "-o", folder / "gateway", "-v", "quiet"], check=True, stdout=subprocess.DEVNULL)
    return folder / "gateway"


def every_ms(baud, registers):
    character = 11_000 / baud
    silence = 3.5 * character if baud <= 19200 else 1.75
    return DEVICES * ((8 + 5 + 2 * registers) * character + 2 * silence + TURNAROUND_MS) / LOAD


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(gateway, folder, baud, registers, seconds):
    port = folder / f"line-{baud}"
    (folder / "devicemaps").mkdir(exist_ok=True)
    (folder / "gateway.yaml").write_text("site: wire\ndata: data\nbroker: { listen: [] }\nweb: { listen: http://127.0.0.1:0 }\n")
    devices = "\n".join(
        f"  - {{ name: d{unit}, unit: {unit}, every: {every_ms(baud, registers):.3f} ms, points: {{ "
        + ", ".join(f"r{i}: {{ holding: {i} }}" for i in range(registers)) + " } }"
        for unit in range(1, DEVICES + 1))
    (folder / "devicemaps/line.yaml").write_text(f"bus: {{ modbus: rtu, port: {port}, baud: {baud}, parity: even }}\ndevices:\n{devices}\n")
    line = subprocess.Popen(
        [REPOSITORY / "tests/Gateway.TestSupport/paced_line.py", port, str(baud), "--units", str(DEVICES), "--turnaround", str(TURNAROUND_MS),
         "--warm-up", "5", "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True)
    line.stdout.readline()
    log = open(folder / "log", "w")
    service = subprocess.Popen([gateway / "gateway", "run", "--config", folder / "gateway.yaml"], stdout=log, stderr=log)
    try:
        result = json.loads(line.stdout.readline())
        result["cpu"] = cpu_seconds(service.pid)
        return result
    finally:
        for process in (service, line):
            process.send_signal(signal.SIGTERM)
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--registers", type=int, default=20)
    parser.add_argument("--baud", type=int, nargs="+", default=[9600, 19200, 115200])
    parser.add_argument("--build", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        gateway = arguments.build or publish(folder)
        print("| baud | requests/s | characters on the line | busy, of what the protocol allows | beyond the silence, median | silences cut short |\n|---|---|---|---|---|---|")
        for baud in arguments.baud:
            place = folder / str(baud)
            place.mkdir()
            result = measure(gateway, place, baud, arguments.registers, arguments.seconds)
            print(f"| {baud} | {result['requests'] / result['elapsed']:.1f} | {100 * result['characters']:.1f} % "
                  f"| {100 * result['ideal']:.1f} % | {result['beyond']:.2f} ms | {result['early']} |", flush=True)


main()
