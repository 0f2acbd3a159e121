"""The package of check_update.py on the machine that has started again."""
import json
import os

from bed import equal, eventually, read, run
from installed import CONFIGURATION, MAP, OVERRIDE, PASSWORD, STATE, await_active, part, upstream


def broker():
    return upstream(json.loads(read(STATE))['seen'], PASSWORD)


def check_backlog_outlives_the_restart_of_the_machine():
    await_active()
    before = json.loads(read(STATE))
    eventually('the backlog arrives', lambda: broker().count() >= len(before['seen']) + before['backlog'])
    broker().await_more()
    return f"{broker().whole({tuple(each) for each in before['accepted']})} readings, none lost"


def check_socket_of_systemd_is_there_again():
    equal('the socket', run('systemctl', 'is-active', 'gateway.socket').strip(), 'active')
    equal('a topic at the local broker', run('mosquitto_sub', '-h', '127.0.0.1', '-k', '3600', '-t', 'bed/attic/count', '-C', '1', '-F', '%t').strip(), 'bed/attic/count')


def check_remove_keeps_configuration_and_state():
    run('dpkg', '-r', 'gateway')
    equal('whether the program is there', os.path.lexists('/usr/bin/gateway'), False)
    equal('whether it runs', run('pgrep', '-x', 'gateway', exit_code=None).strip(), '')
    equal('whether its socket listens', run('systemctl', 'is-active', 'gateway.socket', exit_code=None).strip(), 'inactive')
    for path in (CONFIGURATION, MAP, '/var/lib/gateway/queue'):
        equal(f'whether {path} is there', os.path.exists(path), True)


def check_purge_leaves_nothing():
    part()
    run('dpkg', '-P', 'gateway')
    left = [path for path in ('/etc/gateway', '/var/lib/gateway', '/usr/lib/gateway', '/usr/share/gateway') if os.path.exists(path)]
    equal('what is left', left, [])
    links = run('find', '/etc/systemd/system', '/var/lib/systemd', '-path', '*gateway*', '!', '-type', 'd').split()
    equal('what is left of units: what the administrator wrote', links, [OVERRIDE])
    os.remove(OVERRIDE)
    os.rmdir(os.path.dirname(OVERRIDE))
    equal('where the unit is', run('systemctl', 'show', '--property', 'FragmentPath', '--value', 'gateway.service').strip(), '')
