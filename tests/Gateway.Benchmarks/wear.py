#!/usr/bin/env python3
"""What `gateway run` writes to the disk in a day at a hundred readings a second with an uplink that acknowledges.

    tests/Gateway.Benchmarks/wear.py [--minutes 20] [--max-loss "1 s"] [--qos 1] [--build FOLDER]

Ten simulated devices of ten points each at 1 s, mosquitto as uplink, the local broker with all last values retained. After a first minute
that does not count, bytes are those that the process had the file system write (/proc/PID/io), all files together, and those that the
queue says of itself; a day is extrapolated from the minutes measured, of which 15 hold one save of the retained values.
Needs the .NET SDK and mosquitto. --build names a folder with a gateway published before.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
from broker import free_port, publish, wait_for
from drain import running

DAY = 86400


def written(pid):
    return int(dict(line.split(": ") for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines())["write_bytes"])


def status(page):
    with urllib.request.urlopen(f"http://127.0.0.1:{page}/api/status", timeout=30) as answer:
        return json.load(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--max-loss", default="1 s")
    parser.add_argument("--qos", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        gateway = (arguments.build or publish(folder).parent) / "gateway"
        port, page, local = free_port(), free_port(), free_port()
        log = open(folder / "log", "w")
        (folder / "devicemaps").mkdir()
        (folder / "devicemaps/plant.yaml").write_text("bus: { simulated: true }\ndevices:\n" + "".join(
            f"  - name: d{device}\n    every: 1 s\n    points:\n" + "".join(
                f'      p{point}: {{ simulate: "random-walk(0, 100, 60 s)" }}\n' for point in range(10)) for device in range(10)))
        (folder / "gateway.yaml").write_text(
            f"site: wear\ndata: data\nuplink: {{ url: 'mqtt://127.0.0.1:{port}', qos: {arguments.qos} }}\nqueue: {{ max-loss: {arguments.max_loss} }}\n"
            f"broker: {{ listen: 'mqtt://127.0.0.1:{local}' }}\nweb: {{ listen: 'http://127.0.0.1:{page}' }}\n")
        (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        with running(["mosquitto", "-c", folder / "mosquitto.conf"], stdout=log, stderr=log):
            wait_for(port)
            with running([gateway, "run", "--config", folder / "gateway.yaml"], stdout=log, stderr=log) as service:
                wait_for(page)
                time.sleep(60)
                published, bytes_before, began = status(page)["uplinks"][0]["published"], written(service.pid), time.monotonic()
                sizes = {}
                while time.monotonic() - began < 60 * arguments.minutes:
                    time.sleep(1)
                seconds = time.monotonic() - began
                said, total = status(page), written(service.pid) - bytes_before
                rate = (said["uplinks"][0]["published"] - published) / seconds
                for path in sorted(folder.joinpath("data").rglob("*")):
                    if path.is_file() and time.time() - path.stat().st_mtime < seconds:
                        sizes[str(path.relative_to(folder / "data"))] = path.stat().st_size
        print("| readings/s | minutes | written, kB | a day, MB | by the queue's own count, MB a day | files written to |\n|---|---|---|---|---|---|")
        print(f"| {rate:.1f} | {seconds / 60:.0f} | {total / 1000:.0f} | {total / seconds * DAY / 1e6:.1f} | {said['queue']['writtenPerDay'] / 1e6:.1f} "
              f"| {', '.join(sizes) or '–'} |")


if __name__ == "__main__":
    main()
