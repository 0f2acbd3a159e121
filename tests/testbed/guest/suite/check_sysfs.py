"""What the kernel drives already: hwmon, IIO, and the machine itself."""
import os

import bed
from bed import Failure, Gateway, adapter, equal, find, kernel_device, near, read, run, stub_bytes, stub_word, take_kernel_devices_away, write
from check_i2c import SHT3X, answers, bmp280

MAP = '''
bus: { sysfs: /sys }
devices:
  - { name: guest, class: system, every: 5 s }
  - name: board
    class: hwmon
    device: lm75
    every: 1 s
    points:
      temperature: { channel: temp1, unit: °C }
      limit:       { channel: temp1_max, unit: °C, write: true, write-min: 0, write-max: 125 }
  - name: roof
    class: iio
    device: bmp280
    every: 1 s
    points:
      temperature: { channel: in_temp, unit: °C }
      pressure:    { channel: in_pressure, unit: hPa, round: 2 }
'''


@bed.once
def plant():
    take_kernel_devices_away()
    stub = adapter('stub')
    for address in (0x48, 0x4A):
        stub_word(address, 0, 0xC018)
    answers(0x45, SHT3X)
    bmp280(lambda register, *values: stub_bytes(0x76, register, *values))
    kernel_device(stub, 'lm75', 0x48)
    kernel_device(stub, 'bmp280', 0x76)
    find(f'/sys/bus/i2c/devices/{stub}-0076/iio:device*')
    return Gateway('sysfs', {'kernel.yaml': MAP}).start()


def delete(address):
    write(f"/sys/bus/i2c/devices/i2c-{adapter('stub')}/delete_device", hex(address))


def check_hwmon():
    plant().await_value('board/temperature', 24.5, 0.001)


def check_iio():
    gateway = plant()
    gateway.await_value('roof/temperature', 25.08, 0.001)
    gateway.await_value('roof/pressure', 1006.53, 0.01)


def check_attribute_is_written():
    gateway = plant()
    attribute = find(f"/sys/bus/i2c/devices/{adapter('stub')}-0048/hwmon/hwmon*/temp1_max")
    refused = gateway.command('board/limit', 60)
    if refused['ok'] or 'a udev rule can hand it' not in refused['error']:
        raise Failure(f'the answer of a service that may not: {refused}')
    run('chgrp', 'gateway', attribute)
    run('chmod', 'g+w', attribute)
    equal('the answer', gateway.command('board/limit', 60)['ok'], True)
    equal('the attribute', read(attribute), '60000')


def check_device_vanishes_and_is_found_again():
    gateway = plant()
    gateway.await_value('board/temperature', 24.5, 0.001)
    before = os.path.basename(find(f"/sys/bus/i2c/devices/{adapter('stub')}-0048/hwmon/hwmon*"))
    delete(0x48)
    gateway.await_bad('board/temperature', 'gone')
    equal('the neighbour', gateway.message('roof/temperature')['quality'], 'good')
    # Another device takes its number.
    kernel_device(adapter('gwsim'), 'sht3x', 0x45)
    stub_word(0x48, 0, 0x0019)
    kernel_device(adapter('stub'), 'lm75', 0x48)
    gateway.await_value('board/temperature', 25, 0.001)
    after = os.path.basename(find(f"/sys/bus/i2c/devices/{adapter('stub')}-0048/hwmon/hwmon*"))
    return f'{before}, then {after}'


def check_driver_of_an_iio_device_is_unbound_and_bound():
    gateway = plant()
    gateway.await_value('roof/temperature', 25.08, 0.001)
    name, driver = f"{adapter('stub')}-0076", '/sys/bus/i2c/drivers/bmp280'
    write(f'{driver}/unbind', name)
    gateway.await_bad('roof/temperature', 'gone')
    gateway.await_bad('roof/pressure', 'gone')
    write(f'{driver}/bind', name)
    gateway.await_value('roof/temperature', 25.08, 0.001)
    gateway.await_value('roof/pressure', 1006.53, 0.01)


def check_name_that_two_devices_have():
    gateway = plant()
    gateway.await_value('board/temperature', 25, 0.001)
    kernel_device(adapter('stub'), 'lm75', 0x4A)
    find(f"/sys/bus/i2c/devices/{adapter('stub')}-004a/hwmon/hwmon*")
    # What was found stays what it is; who looks anew is told that there are two.
    gateway.map('kernel.yaml', MAP.replace('name: board', 'name: either'))
    gateway.await_bad('either/temperature', 'ambiguous')
    gateway.map('kernel.yaml', MAP.replace('device: lm75', f"device: {adapter('stub')}-0048"))
    gateway.await_value('board/temperature', 25, 0.001)
    delete(0x4A)
    gateway.map('kernel.yaml', MAP)


def check_map_of_a_scan_is_valid():
    plant()
    folder = f'{bed.FOLDER}/scanned'
    os.makedirs(folder, exist_ok=True)
    scanned = run('gateway', 'scan', 'sysfs', '--map')
    write(f'{folder}/scanned.yaml', scanned)
    run('gateway', 'check', f'{folder}/scanned.yaml')
    for wanted in ('lm75', 'bmp280'):
        if wanted not in scanned:
            raise Failure(f'the map lacks {wanted}:\n{scanned}')
    return f"{scanned.count('name:')} devices"


def check_the_machine_itself():
    gateway = plant()
    seen = len(gateway.history('guest/uptime'))
    uptime = gateway.await_past('guest/uptime', lambda message: message['quality'] == 'good', seen)['value']
    near('seconds since the start', uptime, float(read('/proc/uptime').split()[0]), bed.PATIENCE / 10)
    memory = {line.split(':')[0]: int(line.split()[1]) for line in read('/proc/meminfo').splitlines()}
    near('memory that is available, MB', gateway.await_message('guest/memory_available', good)['value'], memory['MemAvailable'] * 1.024e-3, 100)
    near('memory in use, %', gateway.await_message('guest/memory_used', good)['value'], 100 - 100 * memory['MemAvailable'] / memory['MemTotal'], 5)
    near('load', gateway.await_message('guest/load_1', good)['value'], float(read('/proc/loadavg').split()[0]), 1)
    return f"up {uptime:.0f} s, {gateway.message('guest/memory_used')['value']} % of {memory['MemTotal'] // 1024} MB, disk {gateway.message('guest/disk_used').get('value')} %"


def good(message):
    return message['quality'] == 'good'
