"""Runs the checks: every function check_… of every module check_….py, or of those that are named."""
import glob
import importlib
import os
import sys
import time
import traceback

import bed

MODULES = ['i2c-dev', 'lm75', 'bmp280-i2c', 'sht3x', 'i2c-mux-pca954x', 'w1_therm', 'configfs', 'gpio-sim']
STUB_ADDRESSES = '0x44,0x48,0x49,0x4a,0x76,0x77'
CHIPS = ['registers=0x76,0x20,0x69', 'words=0x18,0x48,0x40,0x49', 'commands=0x44,0x45', 'muxes=0x70,0x71', 'onewire=3']
MANY_CHIPS = 'words=' + ','.join(hex(address) for address in range(0x08, 0x08 + 100))
PACKAGE = ['before', 'package', 'faults', 'update', 'rebooted', 'archive']  # those of ../../package, which install the gateway themselves


def prepare(chips):
    for module in MODULES:
        bed.run('modprobe', module)
    bed.run('modprobe', 'i2c-stub', f'chip_addr={STUB_ADDRESSES}')
    bed.run('modprobe', 'gwsim', *chips)
    for kind, place in (('configfs', '/sys/kernel/config'), ('debugfs', '/sys/kernel/debug'), ('tracefs', '/sys/kernel/tracing')):
        if not os.path.ismount(place):
            bed.run('mount', '-t', kind, 'none', place)
    os.makedirs(bed.FOLDER, exist_ok=True)
    install()


def install():
    """What the package does where the hardware is there already: the service's user, and the rules for what it may use."""
    package = '/host/deploy/package'
    bed.run('install', '-D', '-m', '644', f'{package}/60-gateway.rules', '/usr/lib/udev/rules.d/60-gateway.rules')
    bed.run('install', '-D', '-m', '644', f'{package}/sysusers.conf', '/usr/lib/sysusers.d/gateway.conf')
    bed.run('systemd-sysusers', 'gateway.conf')
    triggers = [line for line in bed.read('/host/deploy/debian/postinst').splitlines() if line.startswith('udevadm')]
    bed.run('sh', '-ec', '\n'.join(triggers))


def main(names):
    print(f'the guest is {bed.SLOWNESS:.0f} times slower than hardware; patience is {bed.PATIENCE:.0f} s')
    if not {name.partition('.')[0] for name in names} & set(PACKAGE):
        prepare([MANY_CHIPS] if names == ['scale'] else CHIPS)
    here = os.path.dirname(os.path.abspath(__file__))
    every = (os.path.basename(path)[len('check_'):-len('.py')] for path in glob.glob(f'{here}/check_*.py'))
    names = names or sorted(name for name in every if name not in [*PACKAGE, 'scale'])  # for scale the adapter has other chips
    failed = 0
    for index, chosen in enumerate(names):
        name, _, only = chosen.partition('.')
        module = importlib.import_module(f'check_{name}')
        for check in [value for key, value in vars(module).items() if key.startswith(f'check_{only}')]:
            what = f"{name}: {check.__name__[len('check_'):].replace('_', ' ')}"
            start = time.monotonic()
            try:
                said = check()
                print(f"ok {what}{f': {said}' if said else ''} ({time.monotonic() - start:.0f} s)")
            except Exception as error:  # whatever goes wrong in one check, the others are run
                failed += 1
                print(f"FAILED {what}: {error if isinstance(error, bed.Failure) else traceback.format_exc()}")
        if any(later.partition('.')[0] == name for later in names[index + 1:]):
            continue  # what runs is theirs too
        for gateway in list(bed.Gateway.running):
            try:
                gateway.stop()
            except bed.Failure as error:
                failed += 1
                print(f'FAILED {name}: stop: {error}')
    print(f'the checks ended at an uptime of {bed.read("/proc/uptime").split()[0]} s')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
