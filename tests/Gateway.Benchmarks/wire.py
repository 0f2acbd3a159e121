#!/usr/bin/env python3
"""How busy `gateway run` keeps a serial line: 32 Modbus RTU devices on a line whose bytes take the time that they take on a wire.

    tests/Gateway.Benchmarks/wire.py [--seconds 20] [--registers 20] [--baud 9600 19200 115200] [--build FOLDER]

For each rate it starts the line (tests/Gateway.TestSupport/paced_line.c, which measures) and a gateway that is to
poll all devices as often as `check` thinks possible, and prints a Markdown table. Beside it stands what a client in C reaches that does
nothing else than send one request after the other: what the pseudo-terminal and the system cost. Needs the .NET SDK, a C compiler and
python3; nothing else should run meanwhile. --build names the folder of a gateway that was published before.
"""
import argparse
import json
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


def start_line(program, port, baud, seconds, *more):
    line = subprocess.Popen(
        [program, port, str(baud), "--units", str(DEVICES), "--turnaround", str(TURNAROUND_MS), "--warm-up", "5", "--seconds", str(seconds), *more],
        stdout=subprocess.PIPE, text=True)
    line.stdout.readline()
    return line


def end(*processes):
    for process in processes:
        process.send_signal(signal.SIGTERM)
        process.wait()


def measure_best(program, folder, baud, registers, seconds):
    line = start_line(program, folder / f"best-{baud}", baud, seconds, "--client", str(registers))
    try:
        return json.loads(line.stdout.readline())
    finally:
        end(line)


def measure(gateway, program, folder, baud, registers, seconds):
    port = folder / f"line-{baud}"
    (folder / "devicemaps").mkdir(exist_ok=True)
    (folder / "gateway.yaml").write_text("site: wire\ndata: data\nbroker: { listen: [] }\nweb: { listen: http://127.0.0.1:0 }\n")
    devices = "\n".join(
        f"  - {{ name: d{unit}, unit: {unit}, every: {every_ms(baud, registers):.3f} ms, points: {{ "
        + ", ".join(f"r{i}: {{ holding: {i} }}" for i in range(registers)) + " } }"
        for unit in range(1, DEVICES + 1))
    (folder / "devicemaps/line.yaml").write_text(f"bus: {{ modbus: rtu, port: {port}, baud: {baud}, parity: even }}\ndevices:\n{devices}\n")
    line = start_line(program, port, baud, seconds)
    log = open(folder / "log", "w")
    service = subprocess.Popen([gateway / "gateway", "run", "--config", folder / "gateway.yaml"], stdout=log, stderr=log)
    try:
        return json.loads(line.stdout.readline())
    finally:
        end(service, line)


def beyond(result):
    return f"{result['beyond']:.2f} / {result['beyondMean']:.2f} / {result['beyondP99']:.2f} ms"


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
        program = folder / "paced_line"
        subprocess.run(["cc", "-O2", "-o", program, REPOSITORY / "tests/Gateway.TestSupport/paced_line.c", "-lutil"], check=True)
        print("| baud | requests/s | busy, of what the protocol allows | client in C | beyond the silence: median / mean / p99 | client in C | silences cut short |\n"
              "|---|---|---|---|---|---|---|")
        for baud in arguments.baud:
            place = folder / str(baud)
            place.mkdir()
            best = measure_best(program, place, baud, arguments.registers, arguments.seconds)
            result = measure(gateway, program, place, baud, arguments.registers, arguments.seconds)
            print(f"| {baud} | {result['requests'] / result['elapsed']:.1f} | {100 * result['ideal']:.1f} % | {100 * best['ideal']:.1f} % "
                  f"| {beyond(result)} | {beyond(best)} | {result['early']} |", flush=True)


main()
