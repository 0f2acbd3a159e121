"""I2C: the same chips read by the gateway and by the kernel's own drivers, on an adapter that does SMBus only and one that does it all."""
import os

import bed
from bed import GWSIM, Failure, Gateway, adapter, equal, eventually, find, kernel_device, near, read, run, stub_bytes, stub_word, write

# Calibration and sample of the data sheet's worked example (BST-BMP280-DS001, 3.12): 25.08 °C and 100653.27 Pa.
BMP280_CALIBRATION = [27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000]
BMP280_SAMPLE = [0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00]

# A measurement by either command, the status and alert limits: 24.13 °C and 37.1 %, with their check sums.
SHT3X = {'2400': '651fce5eeb20', '2c06': '651fce5eeb20', 'f32d': '8010e1', **{command: '651fce' for command in ('e11f', 'e114', 'e109', 'e102')}}


RAW = '''
bus: { i2c: gwsim-i2c }
devices:
  - { name: roof, sensor: bmp280, address: 0x76, every: 1 s }
  - { name: oven, sensor: mcp9808, address: 0x18, every: 1 s }
  - { name: garden, sensor: sht3x, address: 0x44, every: 1 s }
  - { name: coded, sensor: lm75, address: 0x48, pec: true, every: 1 s }
'''

BEHIND_A_MULTIPLEXER = '''\
  - { name: north, sensor: lm75, address: 0x4f, mux: { address: 0x70, channel: 0 }, every: 1 s }
  - { name: south, sensor: lm75, address: 0x4f, mux: { address: 0x70, channel: 7 }, every: 1 s }
'''


MORE = '''\
  - { name: tilt, address: 0x69, every: 1 s, check: { register: 0x0F, value: 0x33 }, set-up: { register: 0x20, value: 0x57 }, points: { x: { register: 0x28, type: int16, order: DCBA, bits: 4-15, scale: 0.001 } } }
  - { name: cabinet, sensor: mcp23017, address: 0x20, every: 1 s, points: { mains: { field: gpa0, bias: pull-up, active: low }, fan: { field: gpb1, direction: output, write: true } } }
  - { name: barn, sensor: ads1115, address: 0x49, every: 1 s, points: { level: { field: ain0 } } }
  - { name: battery, sensor: ina219, address: 0x40, every: 1 s }
'''


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


def get_gwsim(address, register):
    with open(f'{GWSIM}/i2c-{address:02x}', 'rb') as chip:
        chip.seek(register)
        return chip.read(1)[0]


def words(chip, values):
    """Presets registers of 16 bits of a chip of gwsim."""
    with open(f'{GWSIM}/i2c-{chip}', 'r+b') as file:
        for register, value in values.items():
            file.seek(2 * register)
            file.write(value.to_bytes(2, 'big'))


@bed.once
def plant():
    stub = adapter('stub')
    for address in (0x76, 0x77):
        bmp280(lambda register, *values: stub_bytes(address, register, *values))
    for address in (0x48, 0x49):
        stub_word(address, 0, 0xC018)  # 24.75 °C: high byte first on the wire
    bmp280(put_gwsim(0x76))
    words('18', {0x05: 0xC194, 0x06: 0x0054, 0x07: 0x0400})  # MCP9808, DS25095 5.1.3.1: 25.25 °C
    words('48', {0: 0x1900})
    words('70.0', {0: 0x0080})
    words('70.7', {0: 0xE700})
    answers(0x44, SHT3X)
    return Gateway('i2c', {
        'stub.yaml': f'''
bus: {{ i2c: {stub} }}
devices:
  - {{ name: attic, sensor: bmp280, address: 0x77, every: 1 s }}
  - {{ name: cellar, sensor: lm75, address: 0x49, every: 1 s }}
  - {{ name: wrong, sensor: sht3x, address: 0x44, every: 1 s }}
''',
        'raw.yaml': RAW + BEHIND_A_MULTIPLEXER,
    }).start()


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


def check_transfer_that_smbus_has_no_form_for():
    gateway = plant()
    gateway.await_bad('wrong/temperature', 'not-supported')
    if 'cannot do the transfer that the chip at 0x44' not in gateway.log():
        raise Failure('the log does not say what the adapter cannot do')
    equal('the neighbour', gateway.await_value('cellar/temperature', 24.75)['quality'], 'good')


def check_chips_described_by_a_map_and_chips_of_pins_and_voltages():
    gateway = plant()
    put_gwsim(0x69)(0x28, 0xC0, 0x12)  # 0x12C in bits 4 to 15
    put_gwsim(0x20)(0x12, 0xFF, 0xFF)
    words('49', {0: 8000})  # SBAS444 9.3.3: of 32,768 for 4.096 V
    words('40', {1: 0xFC18, 2: 0x5DC2})  # SBOS448 8.6.3: -10 mV at 10 µV; 12 V at 4 mV, above three bits
    gateway.map('raw.yaml', RAW + BEHIND_A_MULTIPLEXER + MORE)
    gateway.await_bad('tilt/x')
    equal('what a chip was told that is another', get_gwsim(0x69, 0x20), 0)
    put_gwsim(0x69)(0x0F, 0x33)
    gateway.await_value('tilt/x', 0.3, 0.0001)
    equal('what it was told', get_gwsim(0x69, 0x20), 0x57)
    gateway.await_value('cabinet/mains', False)
    put_gwsim(0x20)(0x12, 0xFE)
    gateway.await_value('cabinet/mains', True)
    gateway.command('cabinet/fan', True)
    # DS20001952 table 3-5: directions, resistors and latches of both ports.
    equal('the expander', [get_gwsim(0x20, register) for register in (0x00, 0x01, 0x0C, 0x0D, 0x14, 0x15)], [0xFF, 0xFD, 0x01, 0x00, 0x00, 0x02])
    gateway.await_value('barn/level', 1.0, 0.0001)
    gateway.await_value('battery/voltage', 12.0, 0.001)
    gateway.await_value('battery/current', -0.1, 0.0001)
    gateway.map('raw.yaml', RAW + BEHIND_A_MULTIPLEXER)
    eventually('the fan is off when the map no longer has it', lambda: get_gwsim(0x20, 0x15) == 0)


def check_packet_error_code():
    gateway = plant()
    write(f'{GWSIM}/i2c-48-pec', '1')
    # The kernel's own idea of the code first.
    equal('the word by i2cget', run('i2cget', '-y', str(adapter('gwsim')), '0x48', '0', 'wp').strip(), '0x0019')
    gateway.await_value('coded/temperature', 25)
    write(f'{GWSIM}/i2c-48-pec', '2')
    run('i2cget', '-y', str(adapter('gwsim')), '0x48', '0', 'wp', exit_code=2)
    gateway.await_bad('coded/temperature', 'checksum')
    write(f'{GWSIM}/i2c-48-pec', '1')
    gateway.await_value('coded/temperature', 25)


def check_read_that_is_not_acknowledged():
    gateway = plant()
    gateway.await_value('garden/temperature', 24.13, 0.01)
    neighbour = len(gateway.history('roof/temperature'))
    write(f'{GWSIM}/i2c-44-deaf', '2')  # one that is measured ahead is tried again at once
    gateway.await_past('garden/temperature', lambda message: message['quality'] == 'bad' and message['reason'] == 'no-ack')
    gateway.await_message('garden/temperature', lambda message: message['quality'] == 'good')
    if any(message['quality'] != 'good' for message in gateway.history('roof/temperature')[neighbour:]):
        raise Failure('the neighbour was not well meanwhile')


def check_chips_of_one_address_behind_a_multiplexer():
    gateway = plant()
    gateway.await_value('north/temperature', 0.5)
    gateway.await_value('south/temperature', -25)
    for degrees in (0x0100, 0x0200, 0x0300):
        words('70.7', {0: degrees})
        gateway.await_value('south/temperature', degrees >> 8)
    words('70.7', {0: 0xE700})
    gateway.await_value('south/temperature', -25)
    wrong = {message['value'] for message in gateway.history('north/temperature')} - {0.5}
    equal('values of the other channel', wrong, set())


def check_chips_of_one_address_behind_a_multiplexer_of_the_kernel():
    # The kernel leaves a channel on, too: chips of one address behind two multiplexers would answer together.
    gateway = plant()
    gateway.map('raw.yaml', RAW)
    words('71.2', {0: 0x1500})
    words('71.3', {0: 0x1600})
    mux = kernel_device(adapter('gwsim'), 'pca9548', 0x71)
    channels = [int(os.path.basename(find(os.path.realpath(f'{mux}/channel-{channel}'))).split('-')[1]) for channel in (2, 3)]
    for name, number in zip(('east', 'west'), channels):
        gateway.map(f'{name}.yaml', f'bus: {{ i2c: {number} }}\ndevices: [{{ name: {name}, sensor: lm75, address: 0x4f, every: 1 s }}]\n')
    gateway.await_value('east/temperature', 21)
    gateway.await_value('west/temperature', 22)
    for name in ('east', 'west'):
        os.remove(f'{gateway.folder}/maps/{name}.yaml')
    # The kernel waits for everybody to let go of them.
    eventually('the gateway lets go of the channels', lambda: not {f'/dev/i2c-{number}' for number in channels} & gateway.files())
    write(f"/sys/bus/i2c/devices/i2c-{adapter('gwsim')}/delete_device", '0x71')
    run('i2cset', '-y', str(adapter('gwsim')), '0x71', '0')
    gateway.map('raw.yaml', RAW + BEHIND_A_MULTIPLEXER)


def check_chip_vanishes_and_returns():
    gateway = plant()
    gateway.await_value('oven/temperature', 25.25, 0.001)
    write(f'{GWSIM}/i2c-18-absent', 'Y')
    gateway.await_bad('oven/temperature', 'no-ack')
    equal('the neighbour', gateway.message('roof/temperature')['quality'], 'good')
    write(f'{GWSIM}/i2c-18-absent', 'N')
    gateway.await_value('oven/temperature', 25.25, 0.001)


def check_line_that_is_held_down():
    gateway = plant()
    write(f'{GWSIM}/i2c-errno', '110')  # ETIMEDOUT
    write(f'{GWSIM}/i2c-fail', '1000000')
    # The first chip that takes too long may be at fault itself; the second tells that it is the bus.
    gateway.await_bad('oven/temperature')
    eventually('the bus is stuck', lambda: 'bus-stuck' in {gateway.message(f'{name}/temperature').get('reason') for name in ('oven', 'roof', 'garden', 'coded')})
    write(f'{GWSIM}/i2c-fail', '0')
    gateway.await_value('oven/temperature', 25.25, 0.001)


def check_adapter_is_pulled_and_plugged_in():
    gateway = plant()
    gateway.await_value('oven/temperature', 25.25, 0.001)
    write(f'{GWSIM}/i2c-adapter', '0')
    gateway.await_bad('oven/temperature', 'gone')
    # The kernel waits for everybody to let go of it.
    eventually('nobody holds the adapter', lambda: read(f'{GWSIM}/i2c-adapter') == '0')
    write(f'{GWSIM}/i2c-adapter', '1')
    gateway.await_value('oven/temperature', 25.25, 0.001)
    gateway.await_value('south/temperature', -25)


def check_address_that_the_kernel_has():
    gateway = plant()
    stub = adapter('stub')
    kernel_device(stub, 'lm75', 0x48)
    gateway.map('stub.yaml', f'''
bus: {{ i2c: {stub} }}
devices: [{{ name: taken, sensor: lm75, address: 0x48, every: 1 s }}]
''')
    gateway.await_bad('taken/temperature', 'busy')
    write(f'/sys/bus/i2c/devices/i2c-{stub}/delete_device', '0x48')
    gateway.await_value('taken/temperature', 24.75)


def check_scan():
    plant()
    # The one at 0x44 acknowledges no read without a command.
    found = run('gateway', 'scan', 'i2c', str(adapter('gwsim')), '--ask')
    for wanted in ('0x18', '0x76', 'bmp280', '0x44', 'sht3x'):
        if wanted not in found:
            raise Failure(f'the table lacks {wanted}:\n{found}')
