"""The installed gateway, and a broker upstream, as the checks of the package use them."""
import os
import re
import subprocess
import threading

import paho.mqtt.client as mqtt

from bed import Failure, eventually, run, write

CONFIGURATION = '/etc/gateway/gateway.yaml'
MAP = '/etc/gateway/devicemaps/attic.yaml'
STATE = '/host/state.json'  # what one start of the guest leaves to the next
PORT = 18830

CONFIGURED = f'''site: bed
uplink: {{ url: "mqtt://127.0.0.1:{PORT}" }}
queue: {{ max-loss: none }}
'''
ATTIC = '''bus: { simulated: true }
devices: [{ name: attic, every: 500 ms, points: { count: { simulate: "counter(0, 2)" } } }]
'''


def show(name):
    """What systemd says of the service."""
    return run('systemctl', 'show', '--property', name, '--value', 'gateway.service').strip()


def process():
    return int(show('MainPID'))


def await_active(but=0):
    """Waits until the service runs, as another process than one; returns its number."""
    return eventually('the service is active', lambda: show('ActiveState') == 'active' and process() not in (0, but) and process())


def save(path, text):
    """Writes a file as an editor saves it: a new one over the old one."""
    write(f'{path}.new', text)
    os.chmod(f'{path}.new', 0o640)
    run('chgrp', 'gateway', f'{path}.new')
    os.replace(f'{path}.new', path)


class Upstream:
    """The broker that readings go to, and all that has come there: (boot, number) of each."""

    def __init__(self, seen=()):
        self.seen = [tuple(each) for each in seen]
        self._changed = threading.Lock()
        self._process = None
        self._client = None

    def start(self):
        self._process = subprocess.Popen(['mosquitto', '-p', str(PORT)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._client = mqtt.Client(client_id='', clean_session=True)
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe('bed/attic/count', 1)
        eventually('mosquitto listens', self._connect)

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()
        self._process.terminate()
        self._process.wait()

    def count(self):
        with self._changed:
            return len(self.seen)

    def await_more(self, count=5):
        """Waits for so many more readings."""
        before = self.count()
        eventually(f'{count} more readings upstream', lambda: self.count() >= before + count)

    def whole(self):
        """That of every start of the gateway all readings came, once or again with the same key; returns how many."""
        with self._changed:
            numbers = {}
            for boot, number in self.seen:
                numbers.setdefault(boot, set()).add(number)
        lost = {boot: sorted(set(range(min(found), max(found) + 1)) - found) for boot, found in numbers.items()}
        if any(lost.values()):
            raise Failure(f'readings were lost: {lost}')
        return sum(len(found) for found in numbers.values())

    def _connect(self):
        try:
            self._client.connect('127.0.0.1', PORT, 600)
        except OSError:
            return False
        self._client.loop_start()
        return True

    def _take(self, client, data, message):
        key = re.search(r'"id":"bed-(\d+)-(\d+)"', message.payload.decode())
        if key:
            with self._changed:
                self.seen.append((int(key.group(1)), int(key.group(2))))
