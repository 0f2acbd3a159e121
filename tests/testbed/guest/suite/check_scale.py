"""What many chips on one adapter cost, with all that the kernel does for them."""
import glob
import time

from bed import GWSIM, Gateway, near, read

ADDRESSES = range(0x08, 0x08 + 100)  # those of MANY_CHIPS
SECONDS = 30


def processor_seconds(process):
    """What the threads of a process have had of the processor, the kernel's work for them included."""
    return sum(int(read(path).split()[0]) for path in glob.glob(f'/proc/{process}/task/*/schedstat')) / 1e9


def measure(gateway):
    return [time.monotonic(), processor_seconds(gateway.process), int(read(f'{GWSIM}/i2c-count')), sum(len(gateway.history(f's{address}/temperature')) for address in ADDRESSES)]


def check_a_hundred_sensors_on_one_bus():
    for address in ADDRESSES:
        with open(f'{GWSIM}/i2c-{address:02x}', 'r+b') as file:
            file.write((address % 64 << 8).to_bytes(2, 'big'))  # so many degrees
    devices = '\n'.join(f'  - {{ name: s{address}, address: {address:#04x}, every: 1 s, points: {{ temperature: {{ register: 0, type: int16, scale: 0.00390625 }} }} }}' for address in ADDRESSES)
    gateway = Gateway('scale', {'plant.yaml': f'bus: {{ i2c: gwsim-i2c }}\ndevices:\n{devices}\n'}).start()
    for address in ADDRESSES:
        gateway.await_value(f's{address}/temperature', address % 64)
    time.sleep(SECONDS)  # what is called often enough is compiled meanwhile
    before = measure(gateway)
    time.sleep(SECONDS)
    took, used, transfers, reads = (after - start for after, start in zip(measure(gateway), before))
    near('reads', reads, 100 * took, 110)
    return f'{100 * used / took:.1f} % of the processor, {1e6 * used / reads:.0f} µs a read, {reads / took:.1f} reads and {transfers / took:.1f} transfers a second'
