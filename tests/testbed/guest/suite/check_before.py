"""Life that begins with the package of another commit (GATEWAY_TESTBED_BEFORE), up to this one, back, and up again. Purged then: check_package.py begins anew."""
import re

from bed import Failure, equal, eventually, read, run
from check_update import GO_BACK, UPGRADE
from documents import command
from installed import ATTIC, CONFIGURATION, CONFIGURED, MAP, accepted, await_active, backlog, install, journal, journal_end, part, process, save, site, upstream

NEWER = re.compile(r'\S+ was written by a newer gateway \(schema \d+, this one knows \d+\): update the gateway or move the file away')


def check_install():
    run('sh', '-c', 'systemctl disable --now mosquitto.service 2>/dev/null || true')
    install('before')
    await_active()
    save(MAP, ATTIC)
    save(CONFIGURATION, CONFIGURED)
    upstream().await_more()
    site().await_more()
    return run('gateway', '--version').strip()


def check_upgrade_with_a_backlog_and_a_changed_configuration():
    before = process()
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    kept = accepted()
    install('this', command('deploy/README.md', UPGRADE))
    await_active(but=before)
    equal('the configuration', read(CONFIGURATION), CONFIGURED.strip())
    upstream().start()
    eventually('the backlog arrives', lambda: backlog() < 5)
    upstream().await_more()
    return f'{upstream().whole(kept)} readings, none lost'


def check_back_with_a_backlog_and_up_again():
    """The version of before goes on with the files, or says that it does not, and leaves them for the newer one."""
    before = process()
    upstream().stop()
    eventually('a backlog', lambda: backlog() >= 40)
    kept = accepted()
    since = journal_end()
    install('before', command('deploy/README.md', GO_BACK))
    before = await_active(but=before)
    upstream().start()
    upstream().await_more()  # what is read now comes, wherever it waits
    told = NEWER.findall(journal(since))
    if not told:
        upstream().whole(kept)
    install('this', command('deploy/README.md', UPGRADE))
    await_active(but=before)
    eventually('the backlog arrives', lambda: backlog() < 5)
    upstream().await_more()
    return f"{upstream().whole(kept)} readings, none lost; {'the version of before went on with the files' if not told else 'it said: ' + '; '.join(sorted(set(told)))}"


def check_purge():
    part()
    run('dpkg', '-P', 'gateway')
    if run('sh', '-c', 'ls -d /etc/gateway /var/lib/gateway 2>/dev/null || true'):
        raise Failure('it leaves something')
