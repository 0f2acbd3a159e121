"""The Debian package on a machine whose first process is systemd. Run by ../../package; goes on in check_rebooted.py."""
import json
import os
import re
import signal
import time

import bed
from bed import Failure, equal, eventually, read, run, write
from installed import ATTIC, CONFIGURATION, CONFIGURED, MAP, STATE, Upstream, await_active, process, save, show

PACKAGES = '/host/packages'


def install(package, *options):
    return run('sh', '-c', f'dpkg {" ".join(options)} -i {PACKAGES}/{package}.deb 2>&1')


def backlog():
    return json.loads(run('gateway', 'queue', 'stats', '--json'))['depth']


@bed.once
def upstream():
    broker = Upstream()
    broker.start()
    return broker


def check_install():
    install('this')
    await_active()
    equal('whether it starts with the machine', run('systemctl', 'is-enabled', 'gateway').strip(), 'enabled')
    equal('whose it is', run('ps', '-o', 'user=', '-p', str(process())).strip(), 'gateway')
    took = (int(show('ActiveEnterTimestampMonotonic')) - int(show('InactiveExitTimestampMonotonic'))) / 1e6
    return f'ready {took:.1f} s after its start; {took / bed.SLOWNESS:.1f} s by the slowness of the guest'


def check_unit():
    equal('findings of systemd-analyze verify', run('sh', '-c', 'systemd-analyze verify --man=no gateway.service 2>&1').strip(), '')
    level = float(re.search(r'exposure level for gateway.service: ([\d.]+)', run('systemd-analyze', 'security', '--no-pager', 'gateway.service')).group(1))
    if level > 2.4:
        raise Failure(f'the exposure level is {level}')
    return f'exposure level {level}'


def check_configuration_and_map_are_taken_up_as_they_are_saved():
    before = process()
    broker = upstream()
    save(MAP, ATTIC)
    save(CONFIGURATION, CONFIGURED)
    broker.await_more()
    equal('the process', process(), before)


def check_memory():
    resident = int(re.search(r'VmRSS:\s+(\d+) kB', read(f'/proc/{process()}/status')).group(1)) * 1024 / 1e6
    return f'{resident:.0f} MB resident'


def check_reload():
    before = process()
    run('systemctl', 'reload', 'gateway')
    equal('the process', process(), before)
    equal('the state', show('ActiveState'), 'active')


def check_kill():
    before = process()
    os.kill(before, signal.SIGKILL)
    await_active(but=before)
    upstream().await_more()
    return f'{upstream().whole()} readings, none lost'


def check_hang():
    before = process()
    began = time.monotonic()
    os.kill(before, signal.SIGSTOP)
    await_active(but=before)
    took = time.monotonic() - began
    upstream().await_more()
    upstream().whole()
    return f'started again after {took:.0f} s'


def check_upgrade_with_a_backlog_and_a_changed_configuration():
    before = process()
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    install('next', '--force-confold')
    await_active(but=before)
    equal('the configuration', read(CONFIGURATION), CONFIGURED.strip())
    equal('whether the next version is there', run('dpkg-query', '-W', '-f', '${Version}', 'gateway').endswith('+next'), True)
    upstream().start()
    eventually('the backlog arrives', lambda: backlog() < 5)
    upstream().await_more()
    return f'{upstream().whole()} readings, none lost'


def check_upgrade_with_a_broken_map_leaves_the_service_as_it_is():
    before = process()
    save(MAP, ATTIC.replace('every', 'evry'))
    told = install('next', '--force-confold')
    equal('the process', process(), before)
    upstream().await_more()
    if 'evry' not in told:
        raise Failure(f'the mistake is not named: {told}')
    save(MAP, ATTIC)


def check_version_of_before_is_installed_again():
    before = process()
    install('this', '--force-confold')
    await_active(but=before)
    upstream().await_more()
    return f'{upstream().whole()} readings, none lost'


def check_backlog_when_the_machine_stops():
    # It goes on when the machine has started again.
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    write(STATE, json.dumps({'seen': upstream().seen, 'backlog': backlog()}))
