"""What the kernel drives already: hwmon, IIO, and the machine itself."""

from bed import Gateway, adapter, equal, find, kernel_device, read, stub_bytes, stub_word, write
from check_i2c import bmp280

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

_gateway = None


def plant():
    global _gateway
    if _gateway is None:
        stub = adapter('stub')
        stub_word(0x48, 0, 0xC018)
        bmp280(lambda register, *values: stub_bytes(0x76, register, *values))
        kernel_device(stub, 'lm75', 0x48)
        kernel_device(stub, 'bmp280', 0x76)
        find(f'/sys/bus/i2c/devices/{stub}-0076/iio:device*')
        _gateway = Gateway('sysfs', {'kernel.yaml': MAP}).start()
    return _gateway


def check_hwmon():
    plant().await_value('board/temperature', 24.5, 0.001)


def check_iio():
    gateway = plant()
    gateway.await_value('roof/temperature', 25.08, 0.001)
    gateway.await_value('roof/pressure', 1006.53, 0.01)


def check_attribute_is_written():
    gateway = plant()
    equal('the answer', gateway.command('board/limit', 60)['ok'], True)
    equal('the attribute', read(find(f"/sys/bus/i2c/devices/{adapter('stub')}-0048/hwmon/hwmon*/temp1_max")), '60000')


def check_device_vanishes_and_is_found_again():
    gateway = plant()
    stub = adapter('stub')
    write(f'/sys/bus/i2c/devices/i2c-{stub}/delete_device', '0x48')
    gateway.await_bad('board/temperature', 'gone')
    equal('the neighbour', gateway.message('roof/temperature')['quality'], 'good')
    kernel_device(stub, 'lm75', 0x48)
    gateway.await_value('board/temperature', 24.5, 0.001)


def check_the_machine_itself():
    gateway = plant()
    message = gateway.await_message('guest/memory_used', lambda message: message['quality'] == 'good')
    total = int(read('/proc/meminfo').split()[1])
    return f"{message['value']} {message.get('unit', '')} of {total // 1024} MB"
