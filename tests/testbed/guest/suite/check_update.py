"""The installed package gets a password from systemd, another version, a broken map, and the version of before. After check_faults.py; goes on in check_rebooted.py."""
import json
import os

from bed import Failure, equal, eventually, read, run, write
from documents import block, command
from installed import (ATTIC, BACKUP, CONFIGURATION, LONG, MAP, OVERRIDE, PASSWORD, PORT, PROTECTED, STATE, USER, accepted, await_active, backlog, install,
                       process, save, site, upstream)

UPGRADE = 'apt install ./gateway_NEW.deb'
STARTS = '/var/lib/gateway/queue/boot'
GO_BACK = 'apt install --allow-downgrades ./gateway_OLD.deb'


def check_password_of_the_uplink_is_a_credential_of_systemd():
    before = process()
    kept = accepted()
    upstream().stop()
    upstream().password = PASSWORD
    upstream().start()
    run('mosquitto_pub', '-h', '127.0.0.1', '-p', str(PORT), '-u', USER, '-P', 'another', '-t', 'x', '-m', 'y', exit_code=5)  # not authorised
    os.makedirs('/etc/credstore', 0o700, exist_ok=True)
    os.makedirs(os.path.dirname(OVERRIDE), exist_ok=True)
    write('/etc/credstore/uplink.password', PASSWORD)
    os.chmod('/etc/credstore/uplink.password', 0o600)
    write(OVERRIDE, block('deploy/SECURITY.md', 'Secrets', language='ini'))  # as systemctl edit does
    run('systemctl', 'daemon-reload')
    save(CONFIGURATION, PROTECTED)
    run('systemctl', 'restart', 'gateway')
    await_active(but=before)
    upstream().await_more()
    shown = {
        'systemctl show': run('systemctl', 'show', 'gateway'),
        'ps, with the environment': run('ps', 'axeww'),
        'the journal': run('journalctl', '-b'),
        'status': run('gateway', 'status', '--json'),
        'what is kept': run('grep', '-rl', PASSWORD, '/var/lib/gateway', exit_code=None),
    }
    equal('where the password shows', [name for name, text in shown.items() if PASSWORD in text or name == 'what is kept' and text], [])
    return f'{upstream().whole(kept)} readings, none lost'


def check_upgrade_with_a_backlog_and_a_changed_configuration():
    before = process()
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    kept = accepted()
    install('next', command('deploy/README.md', UPGRADE))
    await_active(but=before)
    equal('the configuration', read(CONFIGURATION), PROTECTED.strip())
    equal('whether the next version is there', run('dpkg-query', '-W', '-f', '${Version}', 'gateway').endswith('+next'), True)
    upstream().start()
    eventually('the backlog arrives', lambda: backlog() < 5)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_upgrade_with_a_broken_map_leaves_the_service_as_it_is():
    before = process()
    kept = accepted()
    save(MAP, ATTIC.replace('every', 'evry'))
    told = install('next', f"{command('deploy/README.md', UPGRADE)} --reinstall")
    equal('the process', process(), before)
    upstream().await_more()
    upstream().whole(kept)
    if 'evry' not in told:
        raise Failure(f'the mistake is not named: {told}')
    save(MAP, ATTIC)


def check_version_of_before_is_installed_again():
    before = process()
    kept = accepted()
    install('this', command('deploy/README.md', GO_BACK))
    await_active(but=before)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_old_version_for_good():
    """State is as in the backup, but for the number of starts."""
    before = process()
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 10)
    kept = accepted()
    stop_and_archive = block('deploy/README.md', 'Backup, and another machine', 1).splitlines()[:3]
    run('sh', '-ec', '\n'.join([f'cd {BACKUP}', *stop_and_archive]), timeout=LONG)
    starts = int(read(STARTS)) + 10  # the version that is given up has been started more often
    write(STARTS, str(starts))
    run('sh', '-ec', f'cd {BACKUP}\n' + block('deploy/README.md', 'To go on for good with the old version'), timeout=LONG)
    await_active(but=before)
    equal('the number of starts', int(read(STARTS)), starts + 1)
    run('rm', '-r', '/var/lib/gateway.newer')
    upstream().start()
    eventually('the backlog arrives', lambda: backlog() < 5)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_backlog_when_the_machine_stops():
    # It goes on when the machine has started again.
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    site().stop()
    write(STATE, json.dumps({'seen': upstream().seen, 'accepted': sorted(accepted()), 'backlog': backlog()}))
