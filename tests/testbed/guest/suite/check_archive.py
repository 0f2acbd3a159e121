"""The archive for systems without Debian's packages, by the commands of deploy/README.md. After check_rebooted.py, which leaves nothing."""
import glob
import os

from bed import equal, eventually, read, run, write
from documents import command, line
from installed import ATTIC, CONFIGURATION, CONFIGURED, LONG, MAP, PACKAGES, accepted, await_active, backlog, part, process, save, show, site, upstream

FOLDER = '/var/tmp/archive'


def there(text):
    """Runs a command of the README in the folder of the archive."""
    return run('sh', '-ec', f'cd {FOLDER}\n{text}', timeout=LONG)


def check_install():
    os.makedirs(FOLDER)
    os.symlink(glob.glob(f'{PACKAGES}/archive/*.tar.xz')[0], f'{FOLDER}/gateway-0-any.tar.xz')
    there(line('deploy/README.md', 'Installing', 'tar -xf', number=2))
    await_active()
    equal('whether it starts with the machine', run('systemctl', 'is-enabled', 'gateway').strip(), 'enabled')
    equal('whose it is', run('ps', '-o', 'user=', '-p', str(process())).strip(), 'gateway')
    save(MAP, ATTIC)
    save(CONFIGURATION, CONFIGURED)
    upstream().await_more()
    site().await_more()
    return f"{show('Type')}, {upstream().count()} readings"


def check_update_with_a_backlog_and_a_changed_configuration():
    before = process()
    [shipped] = glob.glob(f'{FOLDER}/gateway-*/files{CONFIGURATION}')
    write(shipped, read(shipped) + '\n# The next version says more.\n')
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    kept = accepted()
    there('gateway-*/install.sh')
    await_active(but=before)
    equal('the configuration', read(CONFIGURATION), CONFIGURED.strip())
    upstream().start()
    eventually('the backlog arrives', lambda: backlog() < 5)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_uninstall():
    part()
    there(command('deploy/README.md', 'gateway-*/uninstall.sh'))
    equal('whether it runs', run('pgrep', '-x', 'gateway', exit_code=None).strip(), '')
    equal('what is kept', [path for path in (CONFIGURATION, MAP, '/var/lib/gateway/queue') if not os.path.exists(path)], [])
    there(command('deploy/README.md', 'gateway-*/uninstall.sh --purge'))
    left = run('find', '/etc', '/usr', '/var/lib', '-name', '*gateway*').split()
    equal('what is left', left, [])
