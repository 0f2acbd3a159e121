"""GPIO lines: levels, edges, counters and outputs on a simulated chip; the gateway sees only /dev/gpiochipN."""
import os
import signal
import statistics
import subprocess
import time

import bed
from bed import Failure, Gateway, GpioChip, Trace, equal, eventually, near, run

MAP = '''
bus: { gpio: [no-such-chip, plant] }
devices:
  - name: garage
    every: 1 s
    points:
      door:        { line: 1, bias: pull-up, active: low, debounce: 20 ms }
      button:      { line: button }
      meter:       { line: 3, count: rising }
      flow:        { line: 3, rate: rising, per: min, window: 1 min }
      bouncing:    { line: 4, count: both, debounce: 20 ms }
      relay:       { line: 5, direction: output, write: true, on-uplink-loss: "on", uplink-loss-after: 2 s }
      siren:       { line: 6, direction: output, write: true, start: "on", stop: "on" }
      bell:        { line: 7, direction: output, write: true, pulse: 500 ms }
      heater:      { line: 8, direction: output, write: true, pwm: { period: 1 s } }
      valve:       { line: 9, direction: output, write: true, start: last, stop: keep }
      pump:        { line: 11, direction: output, write: true, active: low }
      lock:        { line: 12, direction: output, write: true, start: keep, stop: keep }
      fan:         { pwm: { channel: pwmchip0/1, period: 1 ms }, write: true }
      dimmer:      { pwm: { channel: pwmchip0/0, period: 0.5 ms }, write: true, active: low, start: "on", stop: keep }
'''


class Uplink:
    """Another broker, as the upstream one."""

    def __init__(self):
        self.port = bed.free_port()
        self._process = None
        self.start()

    def start(self):
        self._process = subprocess.Popen(['mosquitto', '-p', str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self._process.terminate()
        self._process.wait()


uplink = bed.once(Uplink)


@bed.once
def plant():
    chip = GpioChip('plant')
    chip.name_line(2, 'button')
    for line in range(5):
        chip.drive(line, line == 1)
    chip.drive(12, True)
    return chip, Gateway('gpio', {'garage.yaml': MAP}, uplink=f'mqtt://127.0.0.1:{uplink().port}').start()


def good(message):
    return message['quality'] == 'good'


def pulses(chip, line, count, hertz):
    """Gives a line pulses; returns how long they took and the longest time between two changes, in seconds."""
    took, longest = run('/host/lines', 'pulses', chip.pull_file(line), str(count), str(hertz)).split()
    return int(took) / 1e6, int(longest) / 1e6


def count_at_rest(gateway, topic='garage/meter'):
    """A count, once no edge is under way any more: two readings of it that were taken from now on, and are the same."""
    since, seen = time.time(), len(gateway.history(topic))
    eventually('a count at rest', lambda: len({message['value'] for message in fresh(gateway, topic, seen, since)[-2:]}) == 1 and len(fresh(gateway, topic, seen, since)) >= 2)
    return gateway.message(topic)['value']


def fresh(gateway, topic, seen, since):
    return [message for message in gateway.history(topic)[seen:] if bed.utc(message['time']) > since]


def restored(gateway):
    """The first count after a start; before it comes the retained one."""
    return gateway.await_past('garage/meter', lambda message: message.get('reason') == 'restored')


def check_levels_and_edges():
    chip, gateway = plant()
    gateway.await_value('garage/door', False)
    chip.drive(1, False)
    gateway.await_value('garage/door', True)
    gateway.await_value('garage/button', False)
    chip.drive(2, True)
    gateway.await_value('garage/button', True)


def check_bias_of_inputs():
    """Nobody drives the lines before their bias is asked for: to the simulator a bias is what pulls the line from then on."""
    _, gateway = plant()
    chip = GpioChip('bias', 4)
    for line in (1, 2, 3):
        chip.drive(line, True)
    said = '''
bus: { gpio: bias }
devices:
  - name: bias
    every: 1 s
    points:
      up:       { line: 0, bias: pull-up }
      down:     { line: 1, bias: pull-down }
      disabled: { line: 2, bias: disabled }
      as_found: { line: 3 }
'''
    gateway.map('bias.yaml', said)
    for name, value in (('up', True), ('down', False), ('disabled', True), ('as_found', True)):
        gateway.await_value(f'bias/{name}', value)
    equal('how the lines are pulled', [chip.pulled(line) for line in range(4)], ['pull-up', 'pull-down', 'pull-up', 'pull-up'])
    chip.drive(0, False)
    gateway.await_value('bias/up', False)
    gateway.map('bias.yaml', said.replace('line: 3', 'line: 3, bias: pull-down'))
    gateway.await_value('bias/as_found', False)
    equal('how a line is pulled whose bias was changed', chip.pulled(3), 'pull-down')
    os.remove(f'{gateway.folder}/maps/bias.yaml')


def check_outputs_begin_as_the_map_says():
    chip, gateway = plant()
    gateway.await_value('garage/siren', True)
    equal('an output that starts on', chip.level(6), True)
    equal('an output that starts off', chip.level(5), False)
    equal('an output that starts off and is active low', chip.level(11), True)
    gateway.await_value('garage/lock', True)
    equal('an output that is kept as it was found', chip.level(12), True)


def check_outputs_are_written():
    chip, gateway = plant()
    equal('the answer', gateway.command('garage/relay', True)['ok'], True)
    equal('the line', chip.level(5), True)
    gateway.await_value('garage/relay', True)
    gateway.command('garage/relay', False)
    equal('the line', chip.level(5), False)
    gateway.command('garage/pump', True)
    equal('the line of one that is active low', chip.level(11), False)
    gateway.command('garage/lock', False)
    equal('the line of one that was kept', chip.level(12), False)


def pwm(channel):
    """What the kernel told a channel: period and time on in nanoseconds, whether it runs."""
    return tuple(bed.read(f'{bed.GWSIM}/pwm-{channel}-{what}') for what in ('period', 'on', 'enabled'))


def check_channel_of_a_pwm():
    _, gateway = plant()
    gateway.await_value('garage/fan', 0)
    gateway.await_value('garage/dimmer', 100)
    equal('a channel that starts off', pwm(1), ('1000000', '0', 'Y'))
    equal('one that is active low and starts on', pwm(0), ('500000', '0', 'Y'))
    equal('the answer', gateway.command('garage/fan', 30)['ok'], True)
    equal('the answer', gateway.command('garage/dimmer', 20)['ok'], True)
    equal('30 %', pwm(1), ('1000000', '300000', 'Y'))
    equal('20 % of one that is active low', pwm(0), ('500000', '400000', 'Y'))
    gateway.await_value('garage/fan', 30)
    gateway.await_value('garage/dimmer', 20)


def check_channel_that_somebody_gives_back():
    _, gateway = plant()
    gateway.command('garage/fan', 40)
    bed.write('/sys/class/pwm/pwmchip0/unexport', '1')
    eventually('the channel is taken again', lambda: os.path.exists('/sys/class/pwm/pwmchip0/pwm1/duty_cycle'))
    gateway.await_value('garage/fan', 40)
    equal('what it is set to', pwm(1), ('1000000', '400000', 'Y'))


def check_pulsed_output():
    chip, gateway = plant()
    with Trace(chip) as trace:
        gateway.command('garage/bell', True)
        eventually('the bell is let go', lambda: len(trace.levels(7)) >= 2)
        (on, is_on), (off, is_off) = trace.levels(7)[:2]
    equal('levels of the pulse', (is_on, is_off), (True, False))
    if not 0.499 <= off - on <= 0.5 + 0.02 * bed.SLOWNESS:  # a guest whose processor is taken away is late
        raise Failure(f'the pulse took {off - on:.3f} s')
    return f'500 ms were {(off - on) * 1e3:.1f} ms'


def check_software_pwm():
    chip, gateway = plant()
    equal('the answer', gateway.command('garage/heater', 30)['ok'], True)
    with Trace(chip) as trace:
        eventually('ten periods', lambda: len(trace.levels(8)) >= 22)
        changes = trace.levels(8)
    gateway.command('garage/heater', 0)
    while not changes[0][1]:
        changes.pop(0)
    on = [off - start for (start, _), (off, _) in zip(changes[0::2], changes[1::2])]
    periods = [(later - earlier) for (earlier, _), (later, _) in zip(changes[0::2], changes[2::2])]
    near('share of the time, %', 100 * sum(on[:10]) / sum(periods[:10]), 30, 0.2 * bed.SLOWNESS)
    near('ten periods, s', sum(periods[:10]), 10, 0.02 * bed.SLOWNESS)
    return f'{100 * sum(on[:10]) / sum(periods[:10]):.2f} % in ten periods of {sum(periods[:10]) / 10:.4f} s'


def check_pulses_are_counted():
    chip, gateway = plant()
    before, seen = gateway.await_message('garage/meter', good)['value'], len(gateway.history('garage/flow'))
    took, _ = pulses(chip, 3, 200, 20)
    gateway.await_value('garage/meter', before + 200)
    # A reading that finds the next pulse overdue, because the guest was held up, says so by a lower rate.
    rate = statistics.median(message['value'] for message in gateway.history('garage/flow')[seen:] if good(message) and message['value'] > 0)
    near('rate, pulses per minute', rate, 200 / took * 60, 0.05 * 200 / took * 60)
    return f'200 in {took:.1f} s, rate {rate} per minute'


def check_debounced_by_the_kernel():
    chip, gateway = plant()
    equal('what the kernel debounces, µs', [chip.debounce(line) for line in (1, 2, 4)], [20000, 0, 20000])
    before = count_at_rest(gateway, 'garage/bouncing')
    for _ in range(10):
        _, longest = pulses(chip, 4, 25, 1000)
        after = count_at_rest(gateway, 'garage/bouncing')
        if longest < 0.015:
            equal('edges of 25 bounces of at most 15 ms', after - before, 0)
            break
        before = after
    else:
        raise Failure('this machine is too slow to bounce a line')
    chip.drive(4, True)
    gateway.await_value('garage/bouncing', before + 1)
    chip.drive(4, False)
    gateway.await_value('garage/bouncing', before + 2)
    return f'bounces of at most {longest * 1e3:.1f} ms'


def check_clock_is_set_between_edges():
    chip, gateway = plant()
    before = count_at_rest(gateway)
    seen = len(gateway.history('garage/button'))
    level = chip.level(2)
    driving = subprocess.Popen(['/host/lines', 'pulses', chip.pull_file(3), '200', '20'], stdout=subprocess.DEVNULL)
    try:
        shifts = [3600, -3600, -86400, 86400, 90, -90]
        for number, shift in enumerate(shifts):
            bed.set_clock(shift)
            level = not level
            now = time.time()
            chip.drive(2, level)
            message = gateway.await_past('garage/button', lambda message: message['value'] == level, seen + number)
            stamped = bed.utc(message['time'])
            if not now - 0.1 <= stamped <= time.time() + 0.1:
                raise Failure(f'an edge at {now} is said to have been at {stamped}, after the clock was set by {shift} s')
        levels = [message['value'] for message in gateway.history('garage/button')[seen:] if good(message)]
        deduplicated = [value for index, value in enumerate(levels) if index == 0 or levels[index - 1] != value]
        equal('levels in their order', len(deduplicated), len(shifts))
    finally:
        driving.wait()
    gateway.await_value('garage/meter', before + 200)
    equal('the count at rest', count_at_rest(gateway), before + 200)


def check_more_pulses_than_the_kernel_keeps():
    chip, gateway = plant()
    before = count_at_rest(gateway)
    seen = len(gateway.history('garage/meter'))
    gateway.send(signal.SIGSTOP)
    pulses(chip, 3, 1500, 200)
    gateway.send(signal.SIGCONT)
    doubtful = gateway.await_past('garage/meter', lambda message: message['quality'] == 'uncertain', seen)
    equal('the reason', doubtful['reason'], 'edges-lost')
    gateway.await_value('garage/meter', before + 1500)
    if 'edges' not in gateway.log():
        raise Failure('the log does not say that edges were lost')
    return '1500 while it was stopped, all counted'


def check_counter_survives_a_restart():
    chip, gateway = plant()
    gateway.command('garage/valve', True)
    eventually('the channel is there', lambda: gateway.command('garage/dimmer', 20)['ok'])
    count = count_at_rest(gateway)
    with Trace(chip) as trace:
        gateway.stop()
        stops = {line: [level for _, level in trace.levels(line)] for line in (5, 6, 7, 8, 9)}
    equal('outputs that stop off, on, off, off and as they are', stops, {5: [False], 6: [True], 7: [False], 8: [False], 9: []})
    equal('channels that stop off and as they are', (pwm(1)[1], pwm(0)[1]), ('0', '400000'))
    chip.drive(3, True)  # nobody counts
    with Trace(chip) as trace:
        gateway.start()
        first = restored(gateway)
        # Once more, the same, where another line of the request keeps the level that it was found with.
        equal('an output that starts as it was written last', {level for _, level in trace.levels(9)}, {True})
    equal('the count and what is said of it', (first['value'], first['quality']), (count, 'uncertain'))
    gateway.await_value('garage/meter', count)
    chip.drive(3, False)
    pulses(chip, 3, 3, 5)
    gateway.await_value('garage/meter', count + 3)


def check_kill_costs_no_more_than_a_minute_of_counts():
    chip, gateway = plant()
    pulses(chip, 3, 50, 20)
    saved = count_at_rest(gateway)
    time.sleep(60 + bed.SLOWNESS / 10)
    pulses(chip, 3, 7, 20)
    count = count_at_rest(gateway)
    equal('the count', count, saved + 7)
    gateway.stop(signal.SIGKILL)
    gateway.start()
    first = restored(gateway)
    if not saved <= first['value'] <= count:
        raise Failure(f"the count was {saved} a minute before the kill, {count} at it, and is {first['value']} after it")
    return f"{saved} a minute before, {count} at the kill, {first['value']} after it"


def check_uplink_is_lost():
    chip, gateway = plant()
    eventually('the uplink stands', lambda: 'uplink' in gateway.log().lower() and str(uplink().port) in gateway.log())
    gateway.command('garage/relay', False)
    equal('the line', chip.level(5), False)
    uplink().stop()
    try:
        eventually('the output for the loss of the uplink', lambda: chip.level(5))
        gateway.await_value('garage/relay', True)
        gateway.command('garage/relay', False)
        equal('the line after a command', chip.level(5), False)
        time.sleep(5)
        equal('the line later', chip.level(5), False)
    finally:
        uplink().start()


def check_edges_reach_a_subscriber():
    """By turns: the gateway, and the least that does the same, through its broker and through mosquitto."""
    _, gateway = plant()
    chip = GpioChip('race', 3)
    gateway.map('race.yaml', """
bus: { gpio: race }
devices: [{ name: race, every: 1 h, points: { edge: { line: 0 } } }]
""")
    gateway.await_value('race/edge', False)
    ways = [('gateway', gateway.port, 'bed/race/edge'), ('C', gateway.port, 'c'), ('C through mosquitto', uplink().port, 'c')]
    peers = [subprocess.Popen(['/host/edges', f'/dev/{chip.name}', str(line), str(port), topic], stdout=subprocess.PIPE)
             for line, (_, port, topic) in enumerate(ways) if line > 0]
    try:
        for peer in peers:
            equal('what the program says', peer.stdout.readline(), b'ready\n')
        arguments = [str(word) for line, (_, port, topic) in enumerate(ways) for word in (chip.pull_file(line), port, topic)]
        # The first for a service that has run for a minute: here the compiler of the running program takes a tenth of a second for a method.
        for count in 1000, 1000:
            found = run('/host/lines', 'edges', str(count), *arguments, timeout=None).splitlines()
    finally:
        for peer in peers:
            peer.terminate()
            peer.wait()
        os.remove(f'{gateway.folder}/maps/race.yaml')
    times = [[int(word) for word in line.split()] for line in found]
    said = [f'{name} median {median} µs, 99 % {most} µs, longest {longest} µs' for (name, _, _), (median, most, longest) in zip(ways, times)]
    return f"{'; '.join(said)}; 99 % of the gateway are {times[0][1] / times[1][1]:.1f} times those of C, {times[0][1] / times[2][1]:.1f} times through mosquitto"


def check_fast_pulses():
    chip, gateway = plant()
    said = []
    for hertz in (100, 1000, 10000):
        before, seen = count_at_rest(gateway), len(gateway.history('garage/meter'))
        count = 2 * hertz if hertz < 10000 else 5000
        took, _ = pulses(chip, 3, count, hertz)
        time.sleep(1)
        pulses(chip, 3, 2, 5)  # pulses that the kernel made one of are told with the next
        counted = count_at_rest(gateway) - before - 2
        is_told = any(message.get('reason') == 'edges-lost' for message in gateway.history('garage/meter')[seen:])
        if counted != count and not is_told:
            raise Failure(f'of {count} pulses at {count / took:.0f} Hz {counted} were counted, and nothing is said of it')
        near(f'pulses at {count / took:.0f} Hz, told to be uncertain', counted, count, count / 100)
        said.append(f'{counted:.0f} of {count} at {count / took:.0f} Hz{" (told to be uncertain)" if is_told else ""}')
    return ', '.join(said)


def check_one_line_that_somebody_else_has_costs_no_other():
    chip, gateway = plant()
    gateway.command('garage/valve', True)
    count = count_at_rest(gateway)
    holder = subprocess.Popen(['gpioset', '--mode=signal', chip.name, '10=1'])
    try:
        eventually('gpioset has the line', lambda: chip.level(10))
        gateway.map('garage.yaml', f"{MAP}      taken:       {{ line: 10 }}\n      misnamed:    {{ line: nobody }}\n      beyond:      {{ line: 99 }}\n")
        gateway.await_bad('garage/taken', 'busy')
        gateway.await_bad('garage/misnamed', 'not-there')
        gateway.await_bad('garage/beyond', 'not-there')
        for text in ("taken by 'gpioset'", "no line named 'nobody'", 'has no line 99'):
            if text not in gateway.log():
                raise Failure(f'the log does not say: {text}')
        chip.drive(1, False)
        gateway.await_value('garage/door', True)
        chip.drive(1, True)
        gateway.await_value('garage/door', False)
        pulses(chip, 3, 5, 20)
        gateway.await_value('garage/meter', count + 5)
        gateway.command('garage/relay', True)
        equal('the relay', chip.level(5), True)
        equal('the valve', chip.level(9), True)
    finally:
        holder.terminate()
        holder.wait()
    with Trace(chip) as trace:
        gateway.await_value('garage/taken', False)
        equal('what the others were told meanwhile', [trace.levels(line) for line in (5, 9)], [[], []])
    equal('the relay', chip.level(5), True)
    gateway.await_value('garage/meter', count + 5)
    gateway.map('garage.yaml', MAP)
    gateway.command('garage/relay', False)


def check_line_that_somebody_else_has():
    _, gateway = plant()
    other = GpioChip('other', 4)
    holder = subprocess.Popen(['gpioset', '--mode=signal', other.name, '2=1'])
    try:
        eventually('gpioset has the line', lambda: other.level(2))
        gateway.map('other.yaml', """
bus: { gpio: other }
devices: [{ name: lamp, every: 1 s, points: { lamp: { line: 2 } } }]
""")
        gateway.await_bad('lamp/lamp')
        if "taken by 'gpioset'" not in gateway.log():
            raise Failure('the log does not say who has the line')
    finally:
        holder.terminate()
        holder.wait()
    gateway.await_value('lamp/lamp', False)
    os.remove(f'{gateway.folder}/maps/other.yaml')


def check_line_that_the_map_no_longer_has():
    """The kernel takes back a request, never one of its lines: an output has one of its own, inputs that were taken together have one."""
    _, gateway = plant()
    chip = GpioChip('spare', 8)
    points = {'lamp': 'line: 1, direction: output, start: "on"', 'relay': 'line: 2, direction: output, start: "on"',
              'door': 'line: 3', 'gate': 'line: 4'}

    def say(*names):
        gateway.map('spare.yaml', 'bus: { gpio: spare }\ndevices: [{ name: spare, every: 1 s, points: { '
                    + ', '.join(f'{name}: {{ {points[name]} }}' for name in names) + ' } }]\n')

    def is_free(line):
        return 'gateway' not in run('gpioinfo', chip.name).splitlines()[line + 1]

    say(*points)
    gateway.await_value('spare/relay', True)
    gateway.await_value('spare/gate', False)
    with Trace(chip) as trace:
        say('relay', 'door', 'gate')
        eventually('the lamp is free', lambda: is_free(1))
        equal('what the relay was told meanwhile', trace.levels(2), [])
    equal('the relay', chip.level(2), True)
    chip.drive(4, True)
    gateway.await_value('spare/gate', True)
    say('relay', 'gate')
    eventually('the log says that the door stays taken', lambda: 'line 3 is not used any more' in gateway.log())
    equal('the door is free', is_free(3), False)
    chip.drive(4, False)
    gateway.await_value('spare/gate', False)
    say('relay')
    eventually('door and gate are free', lambda: is_free(3) and is_free(4))
    equal('the relay', chip.level(2), True)
    os.remove(f'{gateway.folder}/maps/spare.yaml')
    eventually('all are given back', lambda: is_free(2))
    chip.vanish()


def check_chip_vanishes_and_returns():
    chip, gateway = plant()
    chip.drive(1, False)
    gateway.await_value('garage/door', True)
    count = count_at_rest(gateway)
    gateway.command('garage/valve', True)
    seen = len(gateway.history('garage/meter'))
    chip.vanish()
    gateway.await_bad('garage/door')
    # Another takes its number; the label is what counts.
    thief = GpioChip('thief')
    chip.appear()
    for line in range(5):
        chip.drive(line, line == 1)
    doubtful = gateway.await_past('garage/meter', lambda message: message['quality'] == 'uncertain', seen)
    equal('the count and what is said of it', (doubtful['value'], doubtful['reason']), (count, 'interrupted'))
    gateway.await_value('garage/door', False)
    eventually('an output has the state that it had', lambda: chip.level(9))
    thief.vanish()


def check_chip_without_interrupts():
    _, gateway = plant()
    levels = f'{bed.GWSIM}/gpio'
    bed.write(levels, '1')
    gateway.map('expander.yaml', '''
bus: { gpio: gwsim-gpio }
devices:
  - name: expander
    every: 500 ms
    points:
      contact: { line: 0, debounce: 20 ms }
      lamp:    { line: 1, direction: output, write: true }
''')
    gateway.await_value('expander/contact', True)
    bed.write(levels, '0')
    gateway.await_value('expander/contact', False)
    gateway.command('expander/lamp', True)
    eventually('the lamp is lit', lambda: int(bed.read(levels), 0) == 2)
    if 'gwsim-gpio has no interrupts: expander.contact' not in gateway.log():
        raise Failure('the log does not say that the contact is polled')
    gateway.map('expander.yaml', '''
bus: { gpio: gwsim-gpio }
devices: [{ name: expander, every: 500 ms, points: { meter: { line: 0, count: rising }, contact: { line: 2 } } }]
''')
    gateway.await_bad('expander/meter', 'no-interrupts')
    gateway.await_value('expander/contact', False)
    if 'line 0 cannot count without' not in gateway.log():
        raise Failure('the log does not say that it cannot count')
    os.remove(f'{gateway.folder}/maps/expander.yaml')


def check_many_lines_in_few_requests():
    _, gateway = plant()
    many = GpioChip('many', 70)
    points = ', '.join(f'p{line}: {{ line: {line}, debounce: {line % 12 + 1} ms, active: {"low" if line % 3 else "high"} }}' for line in range(70))
    before = requests_of(gateway)
    gateway.map('many.yaml', f'bus: {{ gpio: many }}\ndevices: [{{ name: many, every: 1 s, points: {{ {points} }} }}]\n')
    for line in (0, 63, 69):
        gateway.await_value(f'many/p{line}', line % 3 != 0)
    # 70 lines need two requests by number; each may have ten attributes, and these lines need twelve debounce times and one more.
    equal('requests', requests_of(gateway) - before, 2)
    equal('what the kernel debounces, µs', [many.debounce(line) for line in range(70)], [1000 * (line % 12 + 1) for line in range(70)])
    many.drive(69, True)
    gateway.await_value('many/p69', True)
    os.remove(f'{gateway.folder}/maps/many.yaml')
    eventually('the lines are given back', lambda: requests_of(gateway) == before)
    many.vanish()


def requests_of(gateway):
    folder = f'/proc/{gateway.process}/fd'
    return sum('gpio-line' in os.readlink(f'{folder}/{fd}') for fd in os.listdir(folder) if os.path.islink(f'{folder}/{fd}'))


def check_user_who_may_not():
    plant()
    said = run('sh', '-c', 'setpriv --reuid=65534 --regid=65534 --clear-groups gateway scan gpio 2>&1', exit_code=None)
    if 'may not be opened' not in said or "group 'gpio'" not in said:
        raise Failure(f'gateway scan gpio said:\n{said}')


def check_scan():
    plant()
    found = run('gateway', 'scan', 'gpio')
    if 'plant' not in found or 'button' not in found:
        raise Failure(f'the table lacks the chip or its line:\n{found}')
