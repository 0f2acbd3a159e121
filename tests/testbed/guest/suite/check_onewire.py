"""1-Wire: DS18B20s that the kernel reads bit by bit."""
import os

import bed
from bed import GWSIM, Failure, Gateway, equal, eventually, read, run, write

DEVICES = '/sys/bus/w1/devices'
MAP = '''
bus: { onewire: 1 }
devices:
  - { name: boiler, sensor: ds18b20, id: 28-665544332211, every: 1200 ms }
  - { name: floor, sensor: ds18b20, id: 28-665544332212, resolution: 9, every: 1200 ms }
  - { name: attic, sensor: ds18b20, id: 28-665544332213, every: 1200 ms }
'''


@bed.once
def plant():
    eventually('the kernel has found the sensors', lambda: os.path.exists(f'{DEVICES}/28-665544332213'))
    sixteenths(0, -10.125)  # DS18B20 data sheet, table 1
    sixteenths(1, 25.0625)
    return Gateway('onewire', {'heating.yaml': MAP}).start()


def sixteenths(sensor, degrees):
    write(f'{GWSIM}/onewire-{sensor}', str(int(degrees * 16) & 0xFFFF))


def check_temperatures():
    plant().await_value('boiler/temperature', -10.125, 0.001)


def check_resolution():
    gateway = plant()
    gateway.await_value('floor/temperature', 25.0, 0.001)  # 25.0625 °C in steps of half a degree
    equal('the resolution as the kernel has it', read(f'{DEVICES}/28-665544332212/resolution'), '9')


def check_sensors_convert_together():
    gateway = plant()
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    gateway.await_value('floor/temperature', 25.0, 0.001)
    before, seen = int(read(f'{GWSIM}/onewire-converts')), len(gateway.history('boiler/temperature'))
    eventually('ten reads', lambda: len(gateway.history('boiler/temperature')) >= seen + 10)
    converts, reads = int(read(f'{GWSIM}/onewire-converts')) - before, len(gateway.history('boiler/temperature')) - seen
    if converts > 2 * reads:
        raise Failure(f'{converts} conversions for {reads} reads of each of three sensors')
    return f'{converts} conversions for {reads} reads of each of three sensors'


def check_power_on_value_is_not_a_temperature():
    gateway = plant()
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    seen = len(gateway.history('boiler/temperature'))
    write(f'{GWSIM}/onewire-0-weak', 'Y')
    gateway.await_bad('boiler/temperature', 'power-on')
    write(f'{GWSIM}/onewire-0-weak', 'N')
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    if any(message['value'] == 85 for message in gateway.history('boiler/temperature')[seen:]):
        raise Failure('a value of power-on was published')
    sixteenths(0, 85)
    gateway.await_value('boiler/temperature', 85, 0.001)  # measured, it is one
    sixteenths(0, -10.125)


def check_damage_on_the_wire():
    gateway = plant()
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    seen = len(gateway.history('boiler/temperature'))
    write(f'{GWSIM}/onewire-0-noise', '1000000')
    message = gateway.await_message('boiler/temperature', lambda message: message['quality'] == 'bad')
    write(f'{GWSIM}/onewire-0-noise', '0')
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    values = {message['value'] for message in gateway.history('boiler/temperature')[seen:] if message['quality'] == 'good'}
    equal('values that passed', values - {-10.125}, set())
    return message['reason']


def check_sensor_vanishes_and_returns():
    gateway = plant()
    write(f'{GWSIM}/onewire-1-absent', 'Y')
    gateway.await_bad('floor/temperature')
    write(f'{GWSIM}/onewire-1-absent', 'N')
    gateway.await_value('floor/temperature', 25.0, 0.001)


def check_master_vanishes_and_returns():
    gateway = plant()
    sixteenths(0, -10.125)
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    write(f'{GWSIM}/onewire-master', '0')
    for name in ('boiler', 'floor', 'attic'):
        gateway.await_bad(f'{name}/temperature', 'gone')
    sixteenths(0, 10.125)
    write(f'{GWSIM}/onewire-master', '1')
    gateway.await_value('boiler/temperature', 10.125, 0.001)
    gateway.await_value('floor/temperature', 25.0, 0.001)
    gateway.await_value('attic/temperature', 22.0, 0.001)
    sixteenths(0, -10.125)


def check_scan():
    plant()
    found = run('gateway', 'scan', 'onewire')
    if '28-665544332211' not in found:
        raise Failure(f'the table lacks a sensor:\n{found}')
