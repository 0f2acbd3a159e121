"""The installed service is killed, hung, given too little, kept by a bus, and restarted below its clients. After check_package.py; goes on in check_update.py."""
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import bed
from bed import GWSIM, equal, eventually, run, write
from installed import LONG, PACKAGES, accepted, await_active, journal, journal_end, process, save, show, site, upstream

HALL = '/etc/gateway/devicemaps/hall.yaml'
HALL_MAP = '''bus: { i2c: gwsim-i2c }
devices: [{ name: hall, address: 0x20, every: 1 s, points: { level: { register: 0x01, type: uint8 } } }]
'''
PLUGIN, PLUGINS = 'Gateway.Drivers.Blocking', '/usr/local/lib/gateway/plugins'
PIPE = '/run/bed.pipe'
CELLAR = '/etc/gateway/devicemaps/cellar.yaml'
CELLAR_MAP = f'''bus: {{ blocking: {PIPE} }}
devices: [{{ name: cellar, every: 1 s, points: {{ dry: {{}} }} }}]
'''


def check_kill():
    before = process()
    pause = show('RestartUSecNext')  # known where pauses grow
    kept = accepted()
    site().await_more()
    os.kill(before, signal.SIGKILL)
    kept |= site().keys()  # what it had said when it was killed
    await_active(but=before)
    if pause:
        equal('the pauses before a start', (pause, show('RestartUSecNext')[:3]), ('2s', '3.9'))
    upstream().await_more()
    return f"{upstream().whole(kept)} readings, none lost{'; the next pause would be ' + show('RestartUSecNext') if pause else ''}"


def check_hang():
    before = process()
    kept = accepted()
    began = time.monotonic()
    os.kill(before, signal.SIGSTOP)
    kept |= site().keys()
    await_active(but=before)
    took = time.monotonic() - began
    upstream().await_more()
    upstream().whole(kept)
    return f'started again after {took:.0f} s'


def check_poll_loop_that_hangs_is_ended_by_the_watchdog():
    """A plug-in whose read does not come back: the other devices go on until then, and afterwards."""
    shutil.copytree(f'{PACKAGES}/plugins/{PLUGIN}', f'{PLUGINS}/{PLUGIN}')
    first = process()
    save(CELLAR, CELLAR_MAP)
    run('systemctl', 'restart', 'gateway')
    before = await_active(but=first)
    equal('a reading of the plug-in', hear('cellar/dry'), 'bed/cellar/dry')
    kept, since, began = accepted(), journal_end(), time.monotonic()
    os.mkfifo(PIPE, 0o644)
    eventually('/healthz says which loop', lambda: f'the poll loop of blocking {PIPE} makes no progress' in health())
    site().await_more()
    equal('the process that hangs', process(), before)
    await_active(but=before)
    took = time.monotonic() - began
    kept |= site().keys()
    said = journal(since)
    equal('what the journal lacks', [each for each in (f'since the poll loop of blocking {PIPE} makes no progress', 'Watchdog timeout (limit 30s)', "Failed with result 'watchdog'") if each not in said], [])
    before = process()
    take_away(PIPE)
    equal('a reading of the plug-in', hear('cellar/dry'), 'bed/cellar/dry')
    equal('the process', process(), before)
    os.remove(CELLAR)
    shutil.rmtree('/usr/local/lib/gateway')
    upstream().await_more()
    return f'started again {took:.0f} s after the pipe was there; {upstream().whole(kept)} readings, none lost'


def health():
    """What /healthz says, whether the service is well or not."""
    try:
        return urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=10).read().decode()
    except urllib.error.HTTPError as answer:
        return answer.read().decode()
    except OSError as error:
        return str(error)


def take_away(pipe):
    """Whoever opens it for both does not wait, and wakes who does."""
    opened = os.open(pipe, os.O_RDWR)
    os.remove(pipe)
    os.close(opened)


def check_too_little_memory():
    """The kernel ends the service, and systemd starts it again until it is given enough."""
    return starve('MemoryMax=20M', "Failed with result 'oom-kill'")


def check_too_few_tasks():
    """It cannot start its threads, ends, and is started again until it may."""
    return starve('TasksMax=8', 'Failed with result', signal.SIGKILL)


def starve(limit, failure, end=None):
    """Limits the service until it has failed twice, after it was ended if need be."""
    name = limit.partition('=')[0]
    before, usual, kept, since = process(), show(name), accepted(), journal_end()
    run('systemctl', 'set-property', '--runtime', 'gateway.service', limit)
    if end:
        os.kill(before, end)
    eventually('it has failed twice', lambda: journal(since).count(failure) >= 2, LONG)
    kept |= site().keys()
    shutil.rmtree('/run/systemd/system.control/gateway.service.d')
    run('systemctl', 'daemon-reload')
    await_active(but=before)
    equal('the limit', show(name), usual)
    upstream().await_more()
    said = journal(since)
    return f"it failed {said.count(failure)} times; {upstream().whole(kept)} readings, none lost"


def check_bus_that_hangs_costs_its_own_devices_alone():
    """A driver of the kernel that does not come back: the service and its other buses go on, and so does this one when it is over."""
    run('modprobe', 'i2c-dev')
    run('modprobe', 'gwsim', 'registers=0x20')
    if not os.path.ismount('/sys/kernel/debug'):
        run('mount', '-t', 'debugfs', 'none', '/sys/kernel/debug')
    before = process()
    save(HALL, HALL_MAP)
    equal('a reading of the bus', hear('hall/level'), 'bed/hall/level')
    kept = accepted()
    write(f'{GWSIM}/i2c-hang', '1')
    eventually('the bus is said to hang', lambda: 'offline: bus-hung' in run('gateway', 'status', exit_code=None))
    kept |= site().keys()
    site().await_more(20)
    write(f'{GWSIM}/i2c-hang', '0')
    equal('a reading of the bus that hung', hear('hall/level'), 'bed/hall/level')
    equal('the process', process(), before)
    os.remove(HALL)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings of the other bus, none lost'


def hear(point):
    """The topic of the next reading, which is not the one that the broker keeps."""
    return run('mosquitto_sub', '-h', '127.0.0.1', '-k', '3600', '-R', '-t', f'bed/{point}', '-C', '1', '-F', '%t').strip()


def check_socket_of_systemd_keeps_who_comes_while_the_service_restarts():
    site().stop()
    run('systemctl', 'stop', 'gateway.service')
    run('systemctl', 'enable', '--now', 'gateway.socket')
    # Nobody starts the service but who connects.
    equal('a message after the start', await_message(subscribe()), 'bed/attic/count')
    site().start()
    site().await_more()
    before = process()
    kept = accepted()
    run('systemctl', 'restart', '--no-block', 'gateway.service')
    eventually('the service ends', lambda: process() != before)
    waiting = subscribe()
    connected = 0

    def is_active_again():
        nonlocal connected
        socket.create_connection(('127.0.0.1', 1883), timeout=bed.PATIENCE).close()
        connected += 1
        return show('ActiveState') == 'active' and process() not in (0, before)

    eventually('the service is active again', is_active_again, LONG)
    equal('a message to who came meanwhile', await_message(waiting), 'bed/attic/count')
    upstream().await_more()
    upstream().whole(kept)
    return f'{connected} connections while it restarted, none refused'


def subscribe():
    return subprocess.Popen(['mosquitto_sub', '-h', '127.0.0.1', '-k', '3600', '-t', 'bed/attic/count', '-C', '1', '-F', '%t'], stdout=subprocess.PIPE, text=True)


def await_message(client):
    topic, _ = client.communicate(timeout=bed.PATIENCE)
    return topic.strip()
