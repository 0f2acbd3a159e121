"""SPI: a loop, a converter and a thermocouple chip behind spidev."""
import bed
from bed import GWSIM, Gateway, write

DRIVER = '/sys/bus/spi/drivers/spidev'


@bed.once
def plant():
    write(f'{GWSIM}/spi-1', b''.join((100 * channel + 23).to_bytes(2, 'big') for channel in range(8)), binary=True)
    # MAX31855, 19-5793 table 4: 250.75 °C at the thermocouple is 0000 1111 1010 11, and 25.0625 °C inside 0001 1001 0001.
    write(f'{GWSIM}/spi-2', bytes([0x0F, 0xAC, 0x19, 0x10]), binary=True)
    return Gateway('spi', {
        'loop.yaml': 'bus: { spi: 0.0, mode: 3, speed: 500000 }\ndevices: [{ name: loop, every: 1 s, points: { echo: { send: 0x123456, type: uint24 } } }]\n',
        'converter.yaml': 'bus: { spi: 0.1 }\ndevices: [{ name: converter, sensor: mcp3008, every: 1 s, points: { battery: { field: ch3, unit: V } } }]\n',
        'oven.yaml': 'bus: { spi: 0.2 }\ndevices: [{ name: oven, sensor: max31855, every: 1 s }]\n',
    }).start()


def check_what_is_sent_comes_back():
    plant().await_value('loop/echo', 0x123456)


def check_converter():
    plant().await_value('converter/battery', 323 * 3.3 / 1024, 0.001)  # DS21295, equation 4-2


def check_thermocouple():
    gateway = plant()
    gateway.await_value('oven/temperature', 250.75)
    gateway.await_value('oven/cold_junction', 25.0625)


def check_device_vanishes_and_returns():
    gateway = plant()
    gateway.await_value('oven/temperature', 250.75)
    write(f'{DRIVER}/unbind', 'spi0.2')
    gateway.await_bad('oven/temperature', 'gone')
    gateway.await_value('loop/echo', 0x123456)
    write(f'{DRIVER}/bind', 'spi0.2')
    gateway.await_value('oven/temperature', 250.75)
