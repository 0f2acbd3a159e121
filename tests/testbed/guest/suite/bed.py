"""The simulated hardware of the guest, and the gateway that runs on it."""
import datetime
import fcntl
import glob
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import paho.mqtt.client as mqtt

FOLDER = '/run/testbed'
LOGS = '/host/log'  # the host keeps them
GWSIM = '/sys/kernel/debug/gwsim'


def _measure_slowness():
    """How many times slower this machine is than one on which a million turns of a loop take 20 ms."""
    start = time.monotonic()
    for _ in range(1_000_000):
        pass
    return max(1.0, (time.monotonic() - start) / 0.02)


SLOWNESS = _measure_slowness()
PATIENCE = 180 + 3 * SLOWNESS  # seconds; the host may be busy with more than this


class Failure(Exception):
    """What was seen is not what was wanted."""


def read(path):
    with open(path) as file:
        return file.read().strip()


def write(path, text, binary=False):
    with open(path, 'wb' if binary else 'w') as file:
        file.write(text)


def run(*command, timeout=PATIENCE, exit_code=0):
    """Runs a program to its end; returns what it wrote to standard output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if exit_code is not None and done.returncode != exit_code:
        raise Failure(f"{' '.join(command)} exited with {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return done.stdout


def eventually(what, condition, timeout=PATIENCE):
    """Waits until a condition gives something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f'not within {timeout} s: {what}')
        time.sleep(0.05)


def once(make):
    """Makes something with its first call, and gives that to all others: or says that it could not be made."""
    made = []

    def get():
        if not made:
            made.append(None)
            made[0] = make()
        if made[0] is None:
            raise Failure('what it needs could not be made')
        return made[0]
    return get


def equal(what, found, wanted):
    if found != wanted:
        raise Failure(f'{what}: found {found!r}, wanted {wanted!r}')


def near(what, found, wanted, tolerance):
    if found is None or abs(found - wanted) > tolerance:
        raise Failure(f'{what}: found {found!r}, wanted {wanted!r} within {tolerance!r}')


def free_port():
    """Below those of outgoing connections: a client that tries until the server is there would at last connect to itself."""
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
                return port
            except OSError:
                pass  # the next one, then


def utc(text):
    """Seconds since 1970 of a message's time."""
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def set_clock(seconds):
    """Sets the clock of the machine by so much."""
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME) + seconds)


def mqtt_client():
    """A client of paho 1 or 2, with callbacks that fit both."""
    versions = getattr(mqtt, 'CallbackAPIVersion', None)
    return mqtt.Client(client_id='', clean_session=True, **({'callback_api_version': versions.VERSION2} if versions else {}))


class GpioChip:
    """A simulated GPIO chip. What is outside of it is 'pull' of its lines, and what comes out of it their 'value'."""

    def __init__(self, name, lines=16):
        self._folder = f'/sys/kernel/config/gpio-sim/{name}'
        os.makedirs(f'{self._folder}/bank0', exist_ok=True)
        write(f'{self._folder}/bank0/num_lines', str(lines))
        write(f'{self._folder}/bank0/label', name)
        self.label = name
        self.appear()

    def name_line(self, line, name):
        self.vanish()
        os.makedirs(f'{self._folder}/bank0/line{line}', exist_ok=True)
        write(f'{self._folder}/bank0/line{line}/name', name)
        self.appear()

    def appear(self):
        write(f'{self._folder}/live', '1')
        self.name = read(f'{self._folder}/bank0/chip_name')
        self._lines = f"/sys/devices/platform/{read(f'{self._folder}/dev_name')}/{self.name}"

    def vanish(self):
        write(f'{self._folder}/live', '0')

    @property
    def base(self):
        """What the kernel numbers the first line in its traces."""
        return int(re.search(rf'^{self.name}: GPIOs (\d+)-', read('/sys/kernel/debug/gpio'), re.MULTILINE).group(1))

    def debounce(self, line):
        """The kernel's own debouncing of a line, microseconds: GPIO_V2_GET_LINEINFO."""
        info = bytearray(256)
        info[64:68] = line.to_bytes(4, 'little')
        with open(f'/dev/{self.name}') as chip:
            fcntl.ioctl(chip, 0xC100B405, info)
        attributes = [struct.unpack_from('<IIQ', info, 80 + 16 * i) for i in range(struct.unpack_from('<I', info, 68)[0])]
        return next((value & 0xFFFFFFFF for kind, _, value in attributes if kind == 3), 0)

    def pull_file(self, line):
        return f'{self._lines}/sim_gpio{line}/pull'

    def drive(self, line, high):
        write(self.pull_file(line), 'pull-up' if high else 'pull-down')

    def pulled(self, line):
        """How the line is pulled: as it was driven last, or by what the kernel was told of its bias since."""
        return read(self.pull_file(line))

    def level(self, line):
        return read(f'{self._lines}/sim_gpio{line}/value') == '1'


class Trace:
    """What the kernel does to the outputs of a chip, by its own trace points: (seconds, line, level)."""

    FOLDER = '/sys/kernel/tracing'

    def __init__(self, chip):
        self._base = chip.base

    def __enter__(self):
        write(f'{self.FOLDER}/trace', '')
        write(f'{self.FOLDER}/events/gpio/gpio_value/enable', '1')
        return self

    def __exit__(self, *_):
        write(f'{self.FOLDER}/events/gpio/gpio_value/enable', '0')

    def levels(self, line):
        """When a line was given which level."""
        pattern = rf' (\d+\.\d+): gpio_value: {self._base + line} set (\d)'
        return [(float(time), level == '1') for time, level in re.findall(pattern, read(f'{self.FOLDER}/trace'))]


def adapter(name):
    """The number of the I2C adapter whose name holds this."""
    for path in glob.glob('/sys/bus/i2c/devices/i2c-*/name'):
        if name in read(path):
            return int(re.search(r'i2c-(\d+)', path).group(1))
    raise Failure(f'there is no I2C adapter {name}')


def stub_bytes(address, register, *values):
    """Presets a register chip on i2c-stub, whose blocks become byte after byte."""
    run('i2cset', '-y', str(adapter('stub')), hex(address), hex(register), *[hex(value) for value in values], 'i')


def stub_word(address, register, word):
    """Presets a chip with 16-bit registers on i2c-stub; the low byte is the one that is on the wire first."""
    run('i2cset', '-y', str(adapter('stub')), hex(address), hex(register), hex(word), 'w')


def kernel_device(bus, driver, address):
    """Gives a chip to a driver of the kernel; returns its folder below /sys."""
    device = f'/sys/bus/i2c/devices/{bus}-{address:04x}'
    if not os.path.exists(device):
        write(f'/sys/bus/i2c/devices/i2c-{bus}/new_device', f'{driver} {address:#x}')
    return device


def take_kernel_devices_away():
    """Takes all chips from the drivers of the kernel that were given to them."""
    for device in glob.glob('/sys/bus/i2c/devices/*-00*'):
        bus, address = os.path.basename(device).split('-')
        write(f'/sys/bus/i2c/devices/i2c-{bus}/delete_device', f'0x{address}')


def find(pattern):
    """The one path that a pattern fits, once it is there."""
    return eventually(pattern, lambda: glob.glob(pattern))[0]


class Gateway:
    """A gateway that runs in the guest as the package runs it: by its unit, as its user. And all that its broker says."""

    running = []

    def __init__(self, name, maps, uplink=None):
        self.folder = f'{FOLDER}/{name}'
        self._log = f'{LOGS}/{name}'
        self._unit = f'gateway-{name}.service'
        self.port = free_port()
        self._messages = {}
        self._changed = threading.Condition()
        os.makedirs(f'{self.folder}/maps', exist_ok=True)
        for file, text in maps.items():
            self.map(file, text)
        write(f'{self.folder}/gateway.yaml', f'''
site: bed
devicemaps: maps
data: data
broker: {{ listen: ["mqtt://127.0.0.1:{self.port}"] }}
web: {{ listen: [] }}
{f'uplink: {{ url: "{uplink}" }}' if uplink else ''}
''')
        run('chown', '-R', 'gateway:gateway', self.folder)
        # What is not as the package has it: where its files are, and that it has time, and stays down when a check kills it.
        write(f'/run/systemd/system/{self._unit}', read('/host/deploy/package/gateway.service'))
        os.makedirs(f'/run/systemd/system/{self._unit}.d', exist_ok=True)
        write(f'/run/systemd/system/{self._unit}.d/bed.conf', f'''
[Service]
ExecStart=
ExecStart=/usr/bin/gateway run --config {self.folder}/gateway.yaml
ReadWritePaths={self.folder}
StandardOutput=append:{self._log}
StandardError=append:{self._log}
RuntimeDirectoryPreserve=yes
Restart=no
WatchdogSec=0
TimeoutStartSec=infinity
TimeoutStopSec={PATIENCE:.0f}
''')
        run('systemctl', 'daemon-reload')
        self._history = {}
        self._client = mqtt_client()
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe('#', 1)

    def map(self, file, text):
        """Writes a map as an editor saves it: a new file over the old one."""
        write(f'{self.folder}/.{file}', text)
        os.replace(f'{self.folder}/.{file}', f'{self.folder}/maps/{file}')

    def start(self):
        run('systemctl', 'start', '--no-block', self._unit)
        self.running.append(self)
        try:
            eventually('the gateway listens', self._connect)
        except Failure as error:
            raise Failure(f'{error}; its log ends with:\n{self.log()[-1500:]}') from None
        return self

    @property
    def process(self):
        return int(self._state('MainPID'))

    def files(self):
        """The files that it has open."""
        folder = f'/proc/{self.process}/fd'
        return {os.path.realpath(f'{folder}/{number}') for number in os.listdir(folder)}

    def send(self, which):
        os.kill(self.process, which)

    def stop(self, how=signal.SIGTERM):
        self.running.remove(self)
        self._client.disconnect()
        self._client.loop_stop()
        with self._changed:
            self._messages.clear()
            self._history.clear()
        self.send(how)
        eventually('the gateway ends', lambda: self._state('ActiveState') in ('inactive', 'failed'))
        if how == signal.SIGTERM:
            equal('exit code of the gateway', self._state('ExecMainStatus'), '0')
        run('systemctl', 'reset-failed', self._unit, exit_code=None)

    def cpu_seconds(self):
        fields = read(f'/proc/{self.process}/stat').rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def log(self):
        return read(self._log)

    def message(self, topic):
        """The last message of a topic below the site; None if there was none."""
        with self._changed:
            return self._messages.get(f'bed/{topic}')

    def history(self, topic):
        """All messages of a topic since the start."""
        with self._changed:
            return list(self._history.get(f'bed/{topic}', []))

    def await_past(self, topic, wanted, since=0):
        """Waits until one of the messages of a topic, from one on, was as wanted, and returns it."""
        return eventually(f'a message of {topic} as wanted', lambda: next((message for message in self.history(topic)[since:] if wanted(message)), None))

    def await_message(self, topic, wanted, timeout=PATIENCE):
        """Waits until the last message of a topic is as wanted, and returns it."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = self._messages.get(f'bed/{topic}')
                if found is not None and wanted(found):
                    return found
                if not self._changed.wait(deadline - time.monotonic()):
                    raise Failure(f'{topic} was not as wanted within {timeout} s; it is {found}; the log ends with:\n{self.log()[-1500:]}')

    def await_value(self, topic, value, tolerance=0.0):
        """Waits for a good value, and returns the message."""
        def is_wanted(message):
            if not message or message.get('quality') != 'good':  # an empty one takes a retained one away
                return False
            found = message.get('value')
            return found == value if isinstance(value, (bool, str, list)) or found is None else abs(found - value) <= tolerance
        return self.await_message(topic, is_wanted)

    def await_bad(self, topic, reason=None):
        return self.await_message(topic, lambda message: message and message.get('quality') == 'bad' and reason in (None, message.get('reason')))

    def command(self, topic, value):
        """Sends a command and returns its result."""
        with self._changed:
            self._messages.pop(f'bed/{topic}/result', None)
        self._client.publish(f'bed/{topic}/set', json.dumps(value), 1)
        return self.await_message(f'{topic}/result', lambda message: True)

    def _state(self, name):
        return run('systemctl', 'show', '--property', name, '--value', self._unit).strip()

    def _connect(self):
        if self._state('ActiveState') in ('inactive', 'failed'):
            raise Failure(f"the gateway exited with {self._state('ExecMainStatus')}: {self.log()[-1500:]}")
        try:
            self._client.connect('127.0.0.1', self.port, 600)
        except OSError:
            return False
        self._client.loop_start()
        return True

    def _take(self, client, data, message):
        try:
            content = json.loads(message.payload)
        except ValueError:
            content = message.payload.decode()
        with self._changed:
            self._messages[message.topic] = content
            self._history.setdefault(message.topic, []).append(content)
            self._changed.notify_all()
