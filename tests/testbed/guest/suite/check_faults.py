"""The installed service is killed, hung, kept by a bus, and restarted below its clients. After check_package.py; goes on in check_update.py."""
import os
import signal
import socket
import subprocess
import time

import bed
from bed import GWSIM, equal, eventually, run, write
from installed import accepted, await_active, process, save, show, site, upstream

HALL = '/etc/gateway/devicemaps/hall.yaml'
HALL_MAP = '''bus: { i2c: gwsim-i2c }
devices: [{ name: hall, address: 0x20, every: 1 s, points: { level: { register: 0x01, type: uint8 } } }]
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


def check_bus_that_hangs_costs_its_own_devices_alone():
    """A driver of the kernel that does not come back: the service and its other buses go on, and so does this one when it is over."""
    run('modprobe', 'i2c-dev')
    run('modprobe', 'gwsim', 'registers=0x20')
    if not os.path.ismount('/sys/kernel/debug'):
        run('mount', '-t', 'debugfs', 'none', '/sys/kernel/debug')
    before = process()
    save(HALL, HALL_MAP)
    equal('a reading of the bus', hear_hall(), 'bed/hall/level')
    kept = accepted()
    write(f'{GWSIM}/i2c-hang', '1')
    eventually('the bus is said to hang', lambda: 'offline: bus-hung' in run('gateway', 'status', exit_code=None))
    kept |= site().keys()
    site().await_more(20)
    write(f'{GWSIM}/i2c-hang', '0')
    equal('a reading of the bus that hung', hear_hall(), 'bed/hall/level')
    equal('the process', process(), before)
    os.remove(HALL)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings of the other bus, none lost'


def hear_hall():
    """The topic of the next reading, which is not the one that the broker keeps."""
    return run('mosquitto_sub', '-h', '127.0.0.1', '-k', '3600', '-R', '-t', 'bed/hall/level', '-C', '1', '-F', '%t').strip()


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

    eventually('the service is active again', is_active_again)
    equal('a message to who came meanwhile', await_message(waiting), 'bed/attic/count')
    upstream().await_more()
    upstream().whole(kept)
    return f'{connected} connections while it restarted, none refused'


def subscribe():
    return subprocess.Popen(['mosquitto_sub', '-h', '127.0.0.1', '-k', '3600', '-t', 'bed/attic/count', '-C', '1', '-F', '%t'], stdout=subprocess.PIPE, text=True)


def await_message(client):
    topic, _ = client.communicate(timeout=bed.PATIENCE)
    return topic.strip()
