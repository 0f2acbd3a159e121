#!/usr/bin/env python3
"""What the edit of one device costs a gateway that polls 200: time until it is applied, polls of the others, connections.

    tests/Gateway.Benchmarks/reload.py [--devices 200] [--buses 1] [--edits 20] [--every 1] [--build FOLDER]

`gateway simulate` serves the devices by Modbus TCP. The map of one device after the other is saved as editors do, by a rename. Told are, of all
edits, how long the gateway was at reading, checking and applying (its own figure, from its log); how long it took from the rename until that was
done, the 200 ms for which it waits whether more is saved included; the polls that were left out or failed, on all buses together; and how many
connections to the devices were opened anew. Needs the .NET SDK and python3. --build names the folder of a gateway that was published before.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request

from scale import FIRST_PORT, free_port, publish


def map_of(devices, buses, every, edited=-1, deadband=0):
    documents = []
    for bus in range(buses):
        lines = [f"bus: {{ modbus: tcp, host: 127.0.0.1, port: {FIRST_PORT + bus} }}", "devices:"]
        for i in range(bus, devices, buses):
            more = f", deadband: {deadband}" if i == edited else ""
            lines.append(f"  - {{ name: d{i}, unit: {i // buses + 1}, every: {every} s, points: {{ value: {{ holding: 0{more} }}, other: {{ holding: 1 }} }} }}")
        documents.append("\n".join(lines) + "\n")
    return "---\n".join(documents)


def status(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=30) as answer:
        return json.load(answer)


def connections(pid, ports):
    """The sockets of a process that are connected to one of the ports."""
    inodes = set()
    for each in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(re.sub(r"socket:\[(\d+)\]", r"\1", os.readlink(each)))
        except OSError:
            pass  # closed this moment
    found = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "01" and int(fields[2].rsplit(":", 1)[1], 16) in ports and fields[9] in inodes:
                found.add(fields[9])
    return found


def applied(log):
    return [float(each) for each in re.findall(r"read, checked and applied in ([0-9.]+) ms", log.read_text())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--buses", type=int, default=1)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--every", type=float, default=1)
    parser.add_argument("--build", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        gateway = (arguments.build or publish(folder)) / "gateway"
        page, maps, log = free_port(), folder / "devicemaps/plant.yaml", folder / "log"
        maps.parent.mkdir()
        maps.write_text(map_of(arguments.devices, arguments.buses, arguments.every))
        (folder / "gateway.yaml").write_text(f"site: reload\ndata: data\nbroker: {{ listen: [] }}\nweb: {{ listen: 'http://127.0.0.1:{page}' }}\n")
        plant = subprocess.Popen([gateway, "simulate", maps, "--listen", f"127.0.0.1:{FIRST_PORT}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(5)
        with log.open("w") as output:
            service = subprocess.Popen([gateway, "run", "--config", folder / "gateway.yaml"], stdout=output, stderr=output)
        try:
            while not applied(log):
                time.sleep(0.1)
            time.sleep(10 * arguments.every)
            ports = range(FIRST_PORT, FIRST_PORT + arguments.buses)
            before, connected, noticed = status(page)["buses"], connections(service.pid, ports), []
            for edit in range(arguments.edits):
                text = map_of(arguments.devices, arguments.buses, arguments.every, edit * 7 % arguments.devices, edit + 1)
                (folder / "new").write_text(text)
                count, began = len(applied(log)), time.monotonic()
                (folder / "new").rename(maps)
                while len(applied(log)) == count:
                    time.sleep(0.002)
                noticed.append((time.monotonic() - began) * 1000)
            time.sleep(2 * arguments.every)
            after, now = status(page)["buses"], connections(service.pid, ports)
        finally:
            for process in (service, plant):
                process.send_signal(signal.SIGTERM)
                process.wait()
        own = applied(log)[1:]
        left_out, failed = (sum(bus[key] for bus in after) - sum(bus[key] for bus in before) for key in ("missed", "failures"))
        print("| devices | buses | edits | applied in: median | most | after the rename: median | most | polls left out | polls failed | connections opened anew |\n|---|---|---|---|---|---|---|---|---|---|")
        print(f"| {arguments.devices} | {arguments.buses} | {len(own)} | {statistics.median(own):.1f} ms | {max(own):.1f} ms | {statistics.median(noticed):.0f} ms "
              f"| {max(noticed):.0f} ms | {left_out} | {failed} | {len(now - connected)} |")


main()
