"""1-Wire: DS18B20s that the kernel reads bit by bit."""
from bed import GWSIM, Failure, Gateway, eventually, run, write
import os

MAP = '''
bus: { onewire: 1 }
devices:
  - { name: boiler, sensor: ds18b20, id: 28-665544332211, every: 2 s }
  - { name: floor, sensor: ds18b20, id: 28-665544332212, every: 2 s }
'''

_gateway = None


def plant():
    global _gateway
    if _gateway is None:
        eventually('the kernel has found the sensors', lambda: os.path.exists('/sys/bus/w1/devices/28-665544332212'))
        sixteenths(0, -10.125)  # DS18B20 data sheet, table 1
        sixteenths(1, 25.0625)
        _gateway = Gateway('onewire', {'heating.yaml': MAP}).start()
    return _gateway


def sixteenths(sensor, degrees):
    write(f'{GWSIM}/onewire-{sensor}', str(int(degrees * 16) & 0xFFFF))


def check_temperatures():
    gateway = plant()
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    gateway.await_value('floor/temperature', 25.0625, 0.001)


def check_power_on_value_is_not_a_temperature():
    gateway = plant()
    gateway.await_value('boiler/temperature', -10.125, 0.001)
    sixteenths(0, 85)
    gateway.await_bad('boiler/temperature', 'power-on')
    sixteenths(0, 84)
    gateway.await_value('boiler/temperature', 84, 0.001)
    sixteenths(0, 85)
    gateway.await_value('boiler/temperature', 85, 0.001)  # reached by degrees, it is one


def check_sensor_vanishes_and_returns():
    gateway = plant()
    write(f'{GWSIM}/onewire-1-absent', 'Y')
    gateway.await_bad('floor/temperature')
    write(f'{GWSIM}/onewire-1-absent', 'N')
    gateway.await_value('floor/temperature', 25.0625, 0.001)


def check_scan():
    plant()
    found = run('gateway', 'scan', 'onewire')
    if '28-665544332211' not in found:
        raise Failure(f'the table lacks a sensor:\n{found}')
