"""The Debian package on a machine whose first process is systemd. Run by ../../package; goes on in check_faults.py."""
import os
import re
import signal
import socket
import subprocess

import bed
from bed import Failure, equal, eventually, read, run, write
from documents import block, command, line
from installed import (ATTIC, BACKUP, CONFIGURATION, CONFIGURED, LONG, MAP, PACKAGES, Listener, accepted, await_active, backlog, install, journal, journal_end, keys, lost,
                       process, save, show, site, upstream)

MOST_RESIDENT = 125  # MB; 80 were asked for, and are not reached (tests/Gateway.Benchmarks/README.md); 98 to 108 were seen
NOTE = 'restored/note'  # a topic of nobody's
NOTIFIES = 254  # the systemd from which on the package's newer-systemd.conf holds
OUTSIDE = CONFIGURED.replace('uplink: {', 'uplink:\n  - { name: plant,').replace('\nqueue', '\n  - { name: outside, url: "mqtt://10.0.2.100" }\nqueue')


def version_of_systemd():
    return int(re.match(r'systemd (\d+)', run('systemctl', '--version'))[1])


def check_install():
    # Debian's mosquitto has the port as soon as it is installed.
    run('sh', '-c', 'systemctl disable --now mosquitto.service 2>/dev/null || true')
    install('this', line('deploy/README.md', 'Installing', 'apt install'))
    await_active()
    equal('whether it starts with the machine', run('systemctl', 'is-enabled', 'gateway').strip(), 'enabled')
    equal('whose it is', run('ps', '-o', 'user=', '-p', str(process())).strip(), 'gateway')
    took = (int(show('ActiveEnterTimestampMonotonic')) - int(show('InactiveExitTimestampMonotonic'))) / 1e6
    return f'ready {took:.1f} s after its start; {took / bed.SLOWNESS:.1f} s by the slowness of the guest'


def check_unit():
    equal('findings of systemd-analyze verify', run('sh', '-c', 'systemd-analyze verify --man=no gateway.service gateway.socket 2>&1').strip(), '')
    equal('what udev finds wrong in the rules', run('sh', '-c', 'journalctl -b -u systemd-udevd -o cat | grep 60-gateway || true').strip(), '')
    level = float(re.search(r'exposure level for gateway.service: ([\d.]+)', run('systemd-analyze', 'security', '--no-pager', 'gateway.service'))[1])
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


def check_what_to_ask_after_the_installation():
    commands = block('deploy/README.md', 'Installing', 3).splitlines()
    log = commands.pop()
    for command in commands:
        # On a busy host an answer may take longer than the command waits for it.
        eventually(command, lambda: subprocess.run(['sh', '-ec', command], stdout=subprocess.DEVNULL, timeout=bed.PATIENCE).returncode == 0)
    with subprocess.Popen(['sh', '-c', f'exec {log}'], stdout=subprocess.PIPE, text=True) as follower:
        try:
            eventually('the log says something', lambda: follower.stdout.readline())
        finally:
            follower.kill()
    return f'{len(commands) + 1} commands of the README'


def check_memory():
    resident = int(re.search(r'VmRSS:\s+(\d+) kB', read(f'/proc/{process()}/status'))[1]) * 1024 / 1e6
    if resident > MOST_RESIDENT:
        raise Failure(f'{resident:.0f} MB are resident, and {MOST_RESIDENT} MB are the most')
    return f'{resident:.0f} MB resident'


def check_limits_of_the_unit_are_far():
    """Half of the machine's memory, of which the kernel counts the files in its cache too, and so many threads."""
    machine = int(re.search(r'MemTotal:\s+(\d+) kB', read('/proc/meminfo'))[1]) * 1024
    limits, used = [int(show(name)) for name in ('MemoryMax', 'TasksMax')], [int(show(name)) for name in ('MemoryCurrent', 'TasksCurrent')]
    equal('what the kernel has of them', [int(read(f'/sys/fs/cgroup/system.slice/gateway.service/{name}.max')) for name in ('memory', 'pids')], limits)
    equal('the limits', (round(limits[0] / machine, 2), limits[1]), (0.5, 1024))
    said = f'{used[0] / 1e6:.0f} of {limits[0] / 1e6:.0f} MB ({limits[0]} bytes), {used[1]} of {limits[1]} tasks'
    if used[0] * 3 > limits[0] or used[1] * 10 > limits[1]:
        raise Failure(f'too near: {said}')
    return said


def check_reload():
    before = process()
    since = journal_end()
    is_newer = version_of_systemd() >= NOTIFIES
    os.kill(before, signal.SIGSTOP)
    with subprocess.Popen(['systemctl', 'reload', 'gateway']) as reload:
        try:
            if is_newer:
                eventually('systemd waits for the gateway', lambda: show('SubState').startswith('reload'))
                equal('whether the reload returned', reload.poll(), None)
            else:
                equal('exit code of the reload', reload.wait(bed.PATIENCE), 0)
        finally:
            os.kill(before, signal.SIGCONT)
        equal('exit code of the reload', reload.wait(bed.PATIENCE), 0)
    eventually('the gateway says that it has read its files', lambda: 'were read, checked and applied' in journal(since))
    equal('the process', await_active(), before)
    return f"it returns {'when the gateway has answered' if is_newer else 'at once'}"


def check_backup():
    kept = accepted()
    os.makedirs(BACKUP)
    for number in (1, 2):
        run('sh', '-ec', f'umask 022\ncd {BACKUP}\n' + block('deploy/README.md', 'Backup, and another machine', number), timeout=LONG)
    equal('who may read the backup', rights(f'{BACKUP}/gateway-backup.tar.gz'), '600 root:root')
    for path in ('queue/queue.db', 'queue/boot', 'points.db', 'broker.db', 'history.db'):
        equal(f'whether {path} was copied as it runs', os.path.getsize(f'/var/backups/gateway/{path}') > 0, True)
    listed = run('tar', '-tzf', f'{BACKUP}/gateway-backup.tar.gz')
    equal('what the archive lacks', [path for path in ('etc/gateway/gateway.yaml', 'var/lib/gateway/queue/boot') if path not in listed], [])
    await_active()
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_restore_after_a_kill():
    """What the local broker keeps is the backup's again, though the logs of a service that was killed lie beside its files; what waits is sent."""
    before = process()
    tell_on_site('of the backup')
    run('sh', '-ec', f'cd {BACKUP}\n' + block('deploy/README.md', 'Backup, and another machine', 1), timeout=LONG)
    before = await_active(but=before)
    tell_on_site('of later')
    eventually('it is on the disk', lambda: NOTE in run('sqlite3', '-readonly', '/var/lib/gateway/broker.db', 'SELECT topic FROM retained'))
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 10)
    kept = accepted()
    os.kill(before, signal.SIGKILL)  # and systemctl stop comes within the pause before the next start
    run('sh', '-ec', f'cd {BACKUP}\n' + block('deploy/README.md', 'Restoring'), timeout=LONG)
    await_active(but=before)
    upstream().start()
    equal('what the local broker keeps', on_site(), 'of the backup')
    equal('whose the data folder is', rights('/var/lib/gateway'), '750 gateway:gateway')
    equal('files of others in it', run('find', '/var/lib/gateway', '!', '-user', 'gateway').split(), [])
    run('rm', '-r', '/var/lib/gateway.before')
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_another_machine():
    """This one after all that it had is purged and its package is installed anew."""
    before = process()
    run('systemctl', 'enable', 'gateway.socket')
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 10)
    kept = accepted()
    archive = [each for each in block('deploy/README.md', 'Backup, and another machine', 1).splitlines() if each.startswith(('sudo install', 'sudo tar'))]
    run('sh', '-ec', '\n'.join([f'cd {BACKUP}', command('deploy/README.md', 'sudo systemctl disable --now gateway.socket'), *archive]), timeout=LONG)
    run('dpkg', '-P', 'gateway')
    install('this', line('deploy/README.md', 'Installing', 'apt install'))
    run('sh', '-ec', '\n'.join([
        f'cd {BACKUP}', block('deploy/README.md', 'Another machine'), command('deploy/README.md', 'sudo systemctl enable --now gateway.socket'), command('deploy/README.md', 'sudo systemctl start gateway')]), timeout=LONG)
    await_active(but=before)
    equal('whether the socket is on', run('systemctl', 'is-active', 'gateway.socket').strip(), 'active')
    upstream().start()
    eventually('the backlog arrives', lambda: backlog() < 5)
    equal('what the local broker keeps', on_site(), 'of the backup')
    # Off again: check_faults.py switches it on.
    run('systemctl', 'disable', '--now', 'gateway.socket')
    run('systemctl', 'restart', 'gateway')
    await_active()
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def tell_on_site(text):
    eventually('the local broker takes a note', lambda: subprocess.run(['gateway', 'pub', '-r', '-q', '1', '-t', NOTE, '-m', text], timeout=bed.PATIENCE).returncode == 0)


def on_site():
    return run('gateway', 'sub', '-t', NOTE, '-C', '1').strip()


def rights(path):
    return run('stat', '-c', '%a %U:%G', path).strip()


def outside():
    """The keys of what came to the broker on the host, which keeps what it hears."""
    return set(keys(read('/host/log/outside')))


def check_telemetry_at_a_broker_outside():
    save(CONFIGURATION, OUTSIDE)
    eventually('a reading at the broker outside', outside)
    known = site().keys()
    site().await_more(20)
    kept = site().keys() - known
    eventually('all of them at the broker outside', lambda: not lost(kept, outside()))
    try:
        socket.create_connection(('10.0.2.2', int(read('/host/outside.port'))), timeout=5).close()
    except OSError:
        pass  # the host is not to be reached but by that one way
    else:
        raise Failure('the host can be reached')
    save(CONFIGURATION, CONFIGURED)
    site().await_more()
    upstream().whole(kept)
    return f'{len(outside())} readings there'
