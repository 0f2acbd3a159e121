"""GPIO lines: levels, edges, counters and outputs on a simulated chip; the gateway sees only /dev/gpiochipN."""
import subprocess

from bed import Failure, Gateway, GpioChip, equal, eventually, run

MAP = '''
bus: { gpio: plant }
devices:
  - name: garage
    every: 1 s
    points:
      door:        { line: 1, bias: pull-up, active: low, debounce: 20 ms }
      button:      { line: button }
      meter:       { line: 3, count: rising }
      flow:        { line: 3, rate: rising, per: min, window: 1 min }
      relay:       { line: 5, direction: output, write: true }
      siren:       { line: 6, direction: output, write: true, start: "on", stop: "on" }
      bell:        { line: 7, direction: output, write: true, pulse: 500 ms }
'''

_chip = None
_gateway = None


def plant():
    global _chip, _gateway
    if _gateway is None:
        _chip = GpioChip('plant')
        _chip.name_line(2, 'button')
        for line in range(4):
            _chip.drive(line, line == 1)
        _gateway = Gateway('gpio', {'garage.yaml': MAP}).start()
    return _chip, _gateway


def check_levels_and_edges():
    chip, gateway = plant()
    gateway.await_value('garage/door', False)
    chip.drive(1, False)
    gateway.await_value('garage/door', True)
    gateway.await_value('garage/button', False)
    chip.drive(2, True)
    gateway.await_value('garage/button', True)


def check_outputs():
    chip, gateway = plant()
    equal('an output that starts on', chip.level(6), True)
    equal('an output that starts off', chip.level(5), False)
    equal('the answer', gateway.command('garage/relay', True)['ok'], True)
    equal('the line', chip.level(5), True)
    gateway.await_value('garage/relay', True)
    gateway.command('garage/relay', False)
    equal('the line', chip.level(5), False)


def check_pulsed_output():
    chip, gateway = plant()
    gateway.command('garage/bell', True)
    eventually('the bell is let go', lambda: not chip.level(7))


def check_pulses_are_counted():
    chip, gateway = plant()
    before = gateway.await_message('garage/meter', lambda message: message['quality'] == 'good')['value']
    took = int(run('/host/lines', 'pulses', chip.pull_file(3), '200', '20'))
    gateway.await_value('garage/meter', before + 200)
    return f'200 in {took / 1e6:.1f} s'


def check_counter_survives_a_restart():
    chip, gateway = plant()
    count = gateway.await_message('garage/meter', lambda message: message['quality'] == 'good')['value']
    gateway.stop()
    equal('an output that stops on', chip.level(6), True)
    gateway.start()
    gateway.await_value('garage/meter', count)
    run('/host/lines', 'pulses', chip.pull_file(3), '3', '5')
    gateway.await_value('garage/meter', count + 3)


def check_edges_reach_a_subscriber():
    chip, gateway = plant()
    times = run('/host/lines', 'edges', chip.pull_file(2), '200', str(gateway.port), 'bed/garage/button').split()
    return f'median {times[0]} µs, 99 % within {times[1]} µs, longest {times[2]} µs'


def check_fast_pulses():
    chip, gateway = plant()
    said = []
    for hertz in (100, 1000, 5000, 10000):
        before = gateway.await_message('garage/meter', lambda message: message['quality'] == 'good')['value']
        count = 2 * hertz
        took = int(run('/host/lines', 'pulses', chip.pull_file(3), str(count), str(hertz)))
        after = eventually('the count is at rest', lambda: _at_rest(gateway))
        said.append(f'{after - before:.0f} of {count} at {count / took * 1e6:.0f} Hz')
    return ', '.join(said)


def _at_rest(gateway):
    value = gateway.message('garage/meter')['value']
    try:
        gateway.await_message('garage/meter', lambda message: message['value'] != value, timeout=5)
        return None
    except Failure:
        return value


def check_line_that_somebody_else_has():
    chip, gateway = plant()
    other = GpioChip('other', 4)
    holder = subprocess.Popen(['gpioset', '--mode=signal', other.name, '2=1'])
    try:
        eventually('gpioset has the line', lambda: other.level(2))
        gateway.map('other.yaml', """
bus: { gpio: other }
devices: [{ name: lamp, every: 1 s, points: { lamp: { line: 2 } } }]
""")
        gateway.await_bad('lamp/lamp')
        if 'gpioset' not in gateway.log():
            raise Failure('the log does not say who has the line')
    finally:
        holder.terminate()
        holder.wait()
    gateway.await_message('lamp/lamp', lambda message: message['quality'] == 'good')


def check_chip_vanishes_and_returns():
    chip, gateway = plant()
    chip.vanish()
    gateway.await_bad('garage/door')
    chip.appear()
    gateway.await_value('garage/door', False)
    chip.drive(1, True)


def check_scan():
    chip, gateway = plant()
    found = run('gateway', 'scan', 'gpio')
    if 'plant' not in found or 'button' not in found:
        raise Failure(f'the table lacks the chip or its line:\n{found}')
