"""The installed gateway, and a broker upstream, as the checks of the package use them."""
import os
import re
import subprocess
import threading
import time

from bed import PATIENCE, Failure, eventually, mqtt_client, run, write

CONFIGURATION = '/etc/gateway/gateway.yaml'
MAP = '/etc/gateway/devicemaps/attic.yaml'
STATE = '/host/state.json'  # what one start of the guest leaves to the next
PORT = 18830
SITE_PORT = 1883  # of the gateway's own broker
KEY = re.compile(r'"id":"bed-(\d+)-(\d+)"')

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


def waiting():
    """The keys of what waits in the queue."""
    return set(keys(run('gateway', 'queue', 'export')))


def keys(text):
    """The keys, (boot, number), of all readings in a text."""
    return [(int(boot), int(number)) for boot, number in KEY.findall(text)]


def lost(accepted, arrived):
    """Which readings are missing, in order: those that were accepted, and those between two that arrived of one start of the gateway."""
    arrived = set(arrived)
    numbers = {}
    for boot, number in arrived:
        numbers.setdefault(boot, []).append(number)
    between = {(boot, number) for boot, found in numbers.items() for number in range(min(found), max(found))}
    return sorted((set(accepted) | between) - arrived)


class Listener:
    """A subscriber to the readings, and the keys of all that it heard."""

    def __init__(self, port, seen=()):
        self.seen = [tuple(each) for each in seen]
        self._port = port
        self._changed = threading.Lock()
        self._client = None

    def start(self):
        self._client = mqtt_client()
        self._client.reconnect_delay_set(1, 5)
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe('bed/attic/count', 1)
        eventually(f'somebody listens on port {self._port}', self._connect)

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()

    def keys(self):
        with self._changed:
            return set(self.seen)

    def count(self):
        with self._changed:
            return len(self.seen)

    def await_more(self, count=5):
        """Waits for so many more readings."""
        before = self.count()
        eventually(f'{count} more readings on port {self._port}', lambda: self.count() >= before + count)

    def _connect(self):
        try:
            self._client.connect('127.0.0.1', self._port, 600)
        except OSError:
            return False
        self._client.loop_start()
        return True

    def _take(self, client, data, message):
        found = keys(message.payload.decode())
        with self._changed:
            self.seen.extend(found)


class Upstream(Listener):
    """The broker that readings go to, and all that has come there."""

    def __init__(self, seen=()):
        super().__init__(PORT, seen)
        self._process = None

    def start(self):
        self._process = subprocess.Popen(['mosquitto', '-p', str(PORT)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        super().start()

    def stop(self):
        super().stop()
        self._process.terminate()
        self._process.wait()

    def whole(self, accepted):
        """
        Waits until all came that was accepted, and what lies between, once or again with the same key. Returns how many readings there are by now.
        """
        if not accepted:
            raise Failure('nothing was accepted before, so nothing is shown')
        deadline = time.monotonic() + PATIENCE
        while missing := lost(accepted, self.keys()):
            if time.monotonic() > deadline:
                raise Failure(f'{len(missing)} readings were lost: {missing[:100]}')
            time.sleep(0.05)
        return len(self.keys())
