"""I2C: the same chips read by the gateway and by the kernel's own drivers, on an adapter that does SMBus only and one that does it all."""
from bed import GWSIM, Failure, Gateway, adapter, equal, find, kernel_device, near, read, run, stub_bytes, stub_word, write

# Calibration and sample of the data sheet's worked example (BST-BMP280-DS001, 3.12): 25.08 °C and 100653.27 Pa.
BMP280_CALIBRATION = [27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000]
BMP280_SAMPLE = [0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00]

# A measurement by either command, and alert limits, with their check sums.
SHT3X = {'2400': '651f595eeb3c', '2c06': '651f595eeb3c', **{command: '651f59' for command in ('e11f', 'e114', 'e109', 'e102')}}

_gateway = None


def bmp280(put):
    """Presets the worked example; put writes bytes from a register on."""
    for index, word in enumerate(BMP280_CALIBRATION):
        put(0x88 + 2 * index, word & 0xFF, word >> 8 & 0xFF)
    put(0xD0, 0x58)
    put(0xF7, *BMP280_SAMPLE)


def put_gwsim(address):
    def put(register, *values):
        with open(f'{GWSIM}/i2c-{address:02x}', 'r+b') as chip:
            chip.seek(register)
            chip.write(bytes(values))
    return put


def answers(address, records):
    """Gives a command chip its answers: command and answer in bytes, hexadecimal."""
    content = b''
    for command, answer in records.items():
        command, answer = bytes.fromhex(command), bytes.fromhex(answer)
        content += bytes([len(command)]) + command + bytes([len(answer)]) + answer
    write(f'{GWSIM}/i2c-{address:02x}', content + b'\0', binary=True)


def words(address, values):
    with open(f'{GWSIM}/i2c-{address:02x}', 'r+b') as chip:
        for register, value in values.items():
            chip.seek(2 * register)
            chip.write(value.to_bytes(2, 'big'))


def plant():
    global _gateway
    if _gateway is None:
        stub, raw = adapter('stub'), adapter('gwsim')
        for address in (0x76, 0x77):
            bmp280(lambda register, *values: stub_bytes(address, register, *values))
        for address in (0x48, 0x49):
            stub_word(address, 0, 0xC018)  # 24.75 °C: high byte first on the wire
        bmp280(put_gwsim(0x76))
        words(0x18, {0x05: 0xC194, 0x06: 0x0054, 0x07: 0x0400})  # MCP9808, DS25095 5.1.3.1: 25.25 °C
        answers(0x44, SHT3X)
        _gateway = Gateway('i2c', {
            'stub.yaml': f'''
bus: {{ i2c: {stub} }}
devices:
  - {{ name: attic, sensor: bmp280, address: 0x77, every: 1 s }}
  - {{ name: cellar, sensor: lm75, address: 0x49, every: 1 s }}
''',
            'raw.yaml': f'''
bus: {{ i2c: gwsim-i2c }}
devices:
  - {{ name: roof, sensor: bmp280, address: 0x76, every: 1 s }}
  - {{ name: oven, sensor: mcp9808, address: 0x18, every: 1 s }}
  - {{ name: garden, sensor: sht3x, address: 0x44, every: 1 s }}
''',
        }).start()
    return _gateway


def check_lm75_as_the_kernel_reads_it():
    gateway = plant()
    # The stub's twin at 0x48 goes to the kernel.
    kernel = int(read(find(kernel_device(adapter('stub'), 'lm75', 0x48) + '/hwmon/hwmon*/temp1_input'))) / 1000
    gateway.await_value('cellar/temperature', kernel, 0.26)  # the kernel's lm75 has steps of half a degree
    return f'{kernel} °C'


def check_bmp280_as_the_kernel_and_the_data_sheet_say():
    gateway = plant()
    temperature = int(read(find(kernel_device(adapter('stub'), 'bmp280', 0x76) + '/iio:device*/in_temp_input'))) / 1000
    near('temperature of the kernel, °C', temperature, 25.08, 0.01)
    for name in ('attic', 'roof'):
        gateway.await_value(f'{name}/temperature', temperature, 0.011)
        gateway.await_value(f'{name}/pressure', 1006.5327, 0.01)
    return f'{temperature} °C'


def check_sht3x_as_the_kernel_reads_it():
    gateway = plant()
    # Its twin at 0x45 goes to the kernel.
    answers(0x45, SHT3X)
    kernel = int(read(find(kernel_device(adapter('gwsim'), 'sht3x', 0x45) + '/hwmon/hwmon*/temp1_input'))) / 1000
    gateway.await_value('garden/temperature', kernel, 0.01)
    return f'{kernel} °C'


def check_mcp9808():
    plant().await_value('oven/temperature', 25.25, 0.001)


def check_chip_vanishes_and_returns():
    gateway = plant()
    write(f'{GWSIM}/i2c-18-absent', 'Y')
    gateway.await_bad('oven/temperature', 'no-ack')
    equal('the neighbour', gateway.message('roof/temperature')['quality'], 'good')
    write(f'{GWSIM}/i2c-18-absent', 'N')
    gateway.await_value('oven/temperature', 25.25, 0.001)


def check_address_that_the_kernel_has():
    gateway = plant()
    gateway.map('stub.yaml', f'''
bus: {{ i2c: {adapter('stub')} }}
devices: [{{ name: taken, sensor: lm75, address: 0x48, every: 1 s }}]
''')
    gateway.await_bad('taken/temperature', 'busy')


def check_scan():
    plant()
    found = run('gateway', 'scan', 'i2c', str(adapter('gwsim')))
    for wanted in ('0x18', '0x76', 'bmp280'):
        if wanted not in found:
            raise Failure(f'the table lacks {wanted}:\n{found}')
