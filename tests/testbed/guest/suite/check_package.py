"""The Debian package on a machine whose first process is systemd. Run by ../../package; goes on in check_rebooted.py."""
import json
import os
import re
import signal
import socket
import subprocess
import time

import bed
from bed import Failure, equal, eventually, read, run, write
from installed import ATTIC, CONFIGURATION, CONFIGURED, MAP, SITE_PORT, STATE, Listener, Upstream, await_active, process, save, show, waiting

PACKAGES = '/host/packages'
MOST_RESIDENT = 125  # MB; 98 were seen
NOTIFIES = 254  # the systemd from which on the package's newer-systemd.conf holds


def version_of_systemd():
    return int(re.match(r'systemd (\d+)', run('systemctl', '--version'))[1])


def install(package, *options):
    return run('sh', '-c', f'dpkg {" ".join(options)} -i {PACKAGES}/{package}.deb 2>&1')


def backlog():
    # On a busy host an answer may take longer than the command waits for it.
    told = eventually('the service says what waits', lambda: run('gateway', 'queue', 'stats', '--json', exit_code=None))
    return json.loads(told)['depth']


@bed.once
def upstream():
    broker = Upstream()
    broker.start()
    return broker


@bed.once
def site():
    """Who listens to the gateway's own broker: under 'max-loss: none' a reading that is heard there is on the disk."""
    listener = Listener(SITE_PORT)
    listener.start()
    return listener


def accepted():
    """All that the gateway may not lose from now on."""
    return waiting() | site().keys()


def check_install():
    # Debian's mosquitto has the port as soon as it is installed.
    run('sh', '-c', 'systemctl disable --now mosquitto.service 2>/dev/null || true')
    install('this')
    await_active()
    equal('whether it starts with the machine', run('systemctl', 'is-enabled', 'gateway').strip(), 'enabled')
    equal('whose it is', run('ps', '-o', 'user=', '-p', str(process())).strip(), 'gateway')
    took = (int(show('ActiveEnterTimestampMonotonic')) - int(show('InactiveExitTimestampMonotonic'))) / 1e6
    return f'ready {took:.1f} s after its start; {took / bed.SLOWNESS:.1f} s by the slowness of the guest'


def check_unit():
    equal('findings of systemd-analyze verify', run('sh', '-c', 'systemd-analyze verify --man=no gateway.service gateway.socket 2>&1').strip(), '')
    equal('what udev finds wrong in the rules', run('sh', '-c', 'journalctl -b -u systemd-udevd -o cat | grep 60-gateway || true').strip(), '')
    level = float(re.search(r'exposure level for gateway.service: ([\d.]+)', run('systemd-analyze', 'security', '--no-pager', 'gateway.service')).group(1))
    if level > 2.4:
        raise Failure(f'the exposure level is {level}')
    return f'exposure level {level}'


def check_unit_is_what_this_systemd_knows():
    version = version_of_systemd()
    found = {name: show(name) for name in ('Type', 'RestartSteps', 'RestartMaxDelayUSec')}
    is_newer = version >= NOTIFIES
    equal('the unit', found, {'Type': 'notify-reload', 'RestartSteps': '5', 'RestartMaxDelayUSec': '1min'} if is_newer else {'Type': 'notify', 'RestartSteps': '', 'RestartMaxDelayUSec': ''})
    equal('what systemd complains of', [each for each in run('journalctl', '-b', '-o', 'cat', '_PID=1').splitlines() if 'gateway.service' in each and ('Unknown' in each or 'ignoring' in each)], [])
    return f"systemd {version}: {found['Type']}"


def check_configuration_and_map_are_taken_up_as_they_are_saved():
    before = process()
    broker = upstream()
    save(MAP, ATTIC)
    save(CONFIGURATION, CONFIGURED)
    broker.await_more()
    site().await_more()
    equal('the process', process(), before)


def check_memory():
    resident = int(re.search(r'VmRSS:\s+(\d+) kB', read(f'/proc/{process()}/status')).group(1)) * 1024 / 1e6
    if resident > MOST_RESIDENT:
        raise Failure(f'{resident:.0f} MB are resident, and {MOST_RESIDENT} MB are the most')
    return f'{resident:.0f} MB resident'


def check_reload():
    before = process()
    run('systemctl', 'reload', 'gateway')
    equal('the process', await_active(), before)  # which says that it reloads, and when it has


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


def check_upgrade_with_a_backlog_and_a_changed_configuration():
    before = process()
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    kept = accepted()
    install('next', '--force-confold')
    await_active(but=before)
    equal('the configuration', read(CONFIGURATION), CONFIGURED.strip())
    equal('whether the next version is there', run('dpkg-query', '-W', '-f', '${Version}', 'gateway').endswith('+next'), True)
    upstream().start()
    eventually('the backlog arrives', lambda: backlog() < 5)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_upgrade_with_a_broken_map_leaves_the_service_as_it_is():
    before = process()
    kept = accepted()
    save(MAP, ATTIC.replace('every', 'evry'))
    told = install('next', '--force-confold')
    equal('the process', process(), before)
    upstream().await_more()
    upstream().whole(kept)
    if 'evry' not in told:
        raise Failure(f'the mistake is not named: {told}')
    save(MAP, ATTIC)


def check_version_of_before_is_installed_again():
    before = process()
    kept = accepted()
    install('this', '--force-confold')
    await_active(but=before)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_backlog_when_the_machine_stops():
    # It goes on when the machine has started again.
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    site().stop()
    write(STATE, json.dumps({'seen': upstream().seen, 'accepted': sorted(accepted()), 'backlog': backlog()}))
