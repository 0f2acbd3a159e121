#!/usr/bin/env python3
"""
How long a start of the gateway takes: until it tells systemd that it is ready (READY=1), and until the first value of a simulated Modbus device is at its
local broker. The gateway is the published one, with its runtime in it:

  dotnet publish src/Gateway -c Release -r linux-x64 --self-contained -o /tmp/gateway
  tests/Gateway.Benchmarks/start.py /tmp/gateway/gateway [STARTS]

With its files in the page cache, and for root also without: then the page cache of the whole machine is dropped before each start.
"""
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ASKED = (1.5, 2.0)  # seconds, until ready and until the first value
PATIENCE = 120  # seconds, for each thing that is waited for
STARTS = 10

MAP = '''bus: {{ modbus: tcp, host: 127.0.0.1, port: {device} }}
devices: [{{ name: meter, unit: 1, every: 1 s, points: {{ power: {{ holding: 0 }} }} }}]
'''
CONFIGURATION = '''site: start
devicemaps: maps
data: data
broker: {{ listen: ["mqtt://127.0.0.1:{broker}"] }}
web: {{ listen: [] }}
'''

# CONNECT of MQTT 3.1.1 with a clean session and no keep alive; SUBSCRIBE to start/meter/power at QoS 0. No client's own start is measured.
CONNECT = b'\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01s'
TOPIC = b'start/meter/power'
SUBSCRIBE = bytes([0x82, 5 + len(TOPIC), 0, 1, 0, len(TOPIC)]) + TOPIC + b'\0'


def fail(text):
    sys.exit(f'start.py: {text}')


def free_ports(count):
    """Below those of outgoing connections: who tries until somebody listens would at last connect to himself."""
    found = []
    for port in range(20000 + os.getpid() % 5000, 32768):
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    fail('no ports are free')


def connect(port, process):
    """A connection to a port, as soon as somebody listens there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return socket.create_connection(('127.0.0.1', port), timeout=PATIENCE)
        except ConnectionRefusedError:
            time.sleep(0.002)
    fail(f'nobody listens on port {port}')


def await_value(port, process):
    with connect(port, process) as broker:
        broker.sendall(CONNECT + SUBSCRIBE)
        heard = b''
        while b'"quality":"good"' not in heard:
            more = broker.recv(4096)
            if not more:
                fail(f'the broker closed the connection after {heard!r}')
            heard += more


def start(gateway, folder, broker):
    """One start; returns the seconds until it was ready and until the first value."""
    shutil.rmtree(f'{folder}/data', ignore_errors=True)
    notify = f'{folder}/notify'
    if os.path.exists(notify):
        os.remove(notify)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, open(f'{folder}/log', 'w') as log:
        systemd.settimeout(PATIENCE)
        systemd.bind(notify)
        ready = []

        def await_ready():
            while b'READY=1' not in systemd.recv(4096).split(b'\n'):
                pass
            ready.append(time.monotonic() - began)

        began = time.monotonic()
        process = subprocess.Popen([gateway, 'run', '--config', f'{folder}/gateway.yaml'], env={**os.environ, 'NOTIFY_SOCKET': notify}, stdout=log, stderr=log)
        try:
            waiting = threading.Thread(target=await_ready)
            waiting.start()
            await_value(broker, process)
            value = time.monotonic() - began
            waiting.join(PATIENCE)
            if not ready:
                fail('the gateway did not say that it is ready')
            return ready[0], value
        finally:
            process.terminate()
            process.wait(PATIENCE)


def drop_cache():
    os.sync()
    with open('/proc/sys/vm/drop_caches', 'w') as file:
        file.write('3')


def tell(what, times):
    cells = [f'{statistics.median(each):.2f} s ({min(each):.2f} to {max(each):.2f})' for each in zip(*times)]
    is_met = all(statistics.median(each) < asked for each, asked in zip(zip(*times), ASKED))
    print(f'| {what} | {cells[0]} | {cells[1]} | {"yes" if is_met else "no"} |', flush=True)


def main():
    if len(sys.argv) not in (2, 3) or not os.access(sys.argv[1], os.X_OK):
        fail('name the published program: start.py PATH/gateway [STARTS]')
    gateway = os.path.abspath(sys.argv[1])
    starts = int(sys.argv[2]) if len(sys.argv) == 3 else STARTS
    folder = tempfile.mkdtemp(prefix='gateway-start-')
    device, broker = free_ports(2)
    os.mkdir(f'{folder}/maps')
    for path, text in ((f'{folder}/maps/map.yaml', MAP), (f'{folder}/gateway.yaml', CONFIGURATION)):
        with open(path, 'w') as file:
            file.write(text.format(device=device, broker=broker))
    # From a copy: what a program has mapped stays in the page cache when that is dropped.
    shutil.copytree(os.path.dirname(gateway), f'{folder}/simulator')
    simulated = subprocess.Popen([f'{folder}/simulator/{os.path.basename(gateway)}', 'simulate', f'{folder}/maps/map.yaml', '--listen', f'127.0.0.1:{device}'], stdout=subprocess.DEVNULL)
    try:
        connect(device, simulated).close()
        print(f'Median of {starts} starts (least to most); asked is less than {ASKED[0]} s and {ASKED[1]} s.\n')
        print('| Page cache | Until ready | Until the first value | As asked |\n|---|---|---|---|', flush=True)
        start(gateway, folder, broker)  # fills it
        tell('warm', [start(gateway, folder, broker) for _ in range(starts)])
        if os.geteuid() == 0:
            cold = []
            for _ in range(starts):
                drop_cache()
                cold.append(start(gateway, folder, broker))
            tell('dropped', cold)
    finally:
        simulated.terminate()
        simulated.wait(PATIENCE)
        shutil.rmtree(folder)


if __name__ == '__main__':
    main()
