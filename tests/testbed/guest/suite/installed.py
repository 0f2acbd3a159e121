"""The installed gateway, and a broker upstream, as the checks of the package use them."""
import json
import os
import re
import subprocess
import threading
import time

from bed import PATIENCE, Failure, equal, eventually, mqtt_client, run, write

CONFIGURATION = '/etc/gateway/gateway.yaml'
MAP = '/etc/gateway/devicemaps/attic.yaml'
STATE = '/host/state.json'  # what one start of the guest leaves to the next
OVERRIDE = '/etc/systemd/system/gateway.service.d/override.conf'  # where systemctl edit writes
PACKAGES = '/host/packages'
BACKUP = '/var/tmp/backup'  # the folder where backups are made and restored
PORT = 18830
SITE_PORT = 1883  # of the gateway's own broker
USER, PASSWORD = 'plant1', 'correct-horse-3-batteries'
LONG = 4 * PATIENCE  # seconds, for an installation, and for a watchdog, a pause and a start
QUESTION = re.compile(r'(\[Y/n\]|\[default=N\] \?) *$')  # of apt, and of dpkg about a file of configuration
KEY = re.compile(r'"id":"bed-(\d+)-(\d+)"')
TIME = re.compile(r'"time":"([^"]+)"')

CONFIGURED = f'''site: bed
uplink: {{ url: "mqtt://127.0.0.1:{PORT}" }}
queue: {{ max-loss: none }}
'''
PROTECTED = CONFIGURED.replace('" }', f'", username: {USER} }}')
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
    return eventually('the service is active', lambda: show('ActiveState') == 'active' and process() not in (0, but) and process(), LONG)


def install(folder, command='apt install ./gateway_*.deb'):
    """Installs the package of a folder by a command of the README; returns what was said. Questions are answered by Enter."""
    command = re.sub(r'gateway_\w+\.deb', 'gateway_*.deb', command)
    said = ''
    with subprocess.Popen(['timeout', f'{LONG:.0f}', 'sh', '-c', command], cwd=f'{PACKAGES}/{folder}', stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as apt:
        while part := os.read(apt.stdout.fileno(), 4096):
            said += part.decode(errors='replace')
            if QUESTION.search(said):  # not before: apt takes all that there is for its own
                os.write(apt.stdin.fileno(), b'\n')
    if apt.returncode != 0:
        raise Failure(f'{command} exited with {apt.returncode}: {said[-1000:]}')
    return said


def backlog():
    # On a busy host an answer may take longer than the command waits for it.
    told = eventually('the service says what waits', lambda: run('gateway', 'queue', 'stats', '--json', exit_code=None))
    return json.loads(told)['depth']


def journal_end():
    """Where the journal ends now."""
    return run('journalctl', '-n', '0', '--show-cursor').split('cursor: ')[1].strip()


def journal(since):
    """What the journal says of the service from a place on."""
    run('journalctl', '--sync')
    return run('journalctl', '-u', 'gateway', '-o', 'cat', '--after-cursor', since, exit_code=None)


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
        self.clashes = []  # keys that two readings of different times had
        self.password = None
        self._times = {}
        self._port = port
        self._changed = threading.Lock()
        self._client = None

    def start(self):
        self._client = mqtt_client()
        if self.password:
            self._client.username_pw_set(USER, self.password)
        self._client.reconnect_delay_set(1, 5)
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe('bed/+/+', 1)
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
        text = message.payload.decode()
        found, time = keys(text), TIME.search(text)
        with self._changed:
            self.seen.extend(found)
            self.clashes += [key for key in found if time and self._times.setdefault(key, time[1]) != time[1]]


class Upstream(Listener):
    """The broker that readings go to, and all that has come there."""

    def __init__(self, seen=()):
        super().__init__(PORT, seen)
        self._process = None

    def start(self):
        options = ['-p', str(PORT)]
        if self.password:
            users, options = '/run/upstream.users', ['-c', '/run/upstream.conf']
            run('mosquitto_passwd', '-b', '-c', users, USER, self.password)
            write(options[1], f'listener {PORT} 127.0.0.1\nuser root\nallow_anonymous false\npassword_file {users}\n')
        self._process = subprocess.Popen(['mosquitto', *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        super().start()

    def stop(self):
        # It goes first: what it acknowledged with nobody listening would count as lost.
        self._process.terminate()
        self._process.wait()
        eventually('all is heard that it sent', lambda: not self._client.is_connected())
        super().stop()

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
        equal('keys that two readings have', self.clashes[:10], [])
        return len(self.keys())


_listeners = {}


def upstream(seen=(), password=None):
    """The one broker upstream, which has heard so much and asks for a password."""
    if 'upstream' not in _listeners:
        _listeners['upstream'] = Upstream(seen)
        _listeners['upstream'].password = password
        _listeners['upstream'].start()
    return _listeners['upstream']


def site():
    """Who listens to the gateway's own broker: under 'max-loss: none' a reading that is heard there is on the disk."""
    if 'site' not in _listeners:
        _listeners['site'] = Listener(SITE_PORT)
        _listeners['site'].start()
    return _listeners['site']


def part():
    """Another life begins, whose numbers begin anew."""
    for listener in _listeners.values():
        listener.stop()
    _listeners.clear()


def accepted():
    """All that the gateway may not lose from now on."""
    return waiting() | site().keys()
