"""Two UARTs and a cable: Modbus RTU at 19200 8E1, which no pseudo terminal can do, and lines of text."""
import os
import subprocess
import threading

from bed import Gateway, run, write

MODBUS = '''
bus: { modbus: rtu, port: /dev/ttyS1, baud: 19200, parity: even }
devices:
  - name: meter
    unit: 7
    every: 1 s
    timeout: 2 s
    points:
      voltage: { holding: 0, type: float32, unit: V }
      energy: { input: 100, type: uint32, unit: Wh }
'''

SCALE = '''
bus: { serial: /dev/ttyS1, baud: 9600 }
devices:
  - name: scale
    frame: { end: "\\r\\n" }
    points:
      weight: { match: 'ST,GS,\\s*([+-]?\\d+\\.\\d+)kg', unit: kg }
'''


def check_modbus_rtu_with_even_parity():
    meter = subprocess.Popen(['/host/meter', '/dev/ttyS2'])
    gateway = Gateway('serial', {'meter.yaml': MODBUS})
    try:
        gateway.start()
        gateway.await_value('meter/voltage', 230.5)
        gateway.await_value('meter/energy', 123456)
        meter.terminate()
        meter.wait()
        gateway.await_bad('meter/voltage', 'timeout')
    finally:
        meter.terminate()
        meter.wait()
        gateway.stop()


def check_lines_of_text():
    gateway = Gateway('scale', {'scale.yaml': SCALE}).start()
    run('stty', '-F', '/dev/ttyS2', '9600', 'raw', '-echo')
    over = threading.Event()
    weight = b'ST,GS, +12.5kg\r\n'

    def speak():
        line = os.open('/dev/ttyS2', os.O_WRONLY | os.O_NOCTTY)
        while not over.wait(0.5):
            os.write(line, weight)
        os.close(line)

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        gateway.await_value('scale/weight', 12.5)
        weight = b'noise\r\nST,GS, -0.75kg\r\n'
        gateway.await_value('scale/weight', -0.75)
    finally:
        over.set()
        speaker.join()
    gateway.stop()


def check_port_vanishes_and_returns():
    meter = subprocess.Popen(['/host/meter', '/dev/ttyS2'])
    gateway = Gateway('pulled', {'meter.yaml': MODBUS})
    port = os.path.realpath('/sys/class/tty/ttyS1/device')
    driver = os.path.realpath(f'{port}/driver')
    try:
        gateway.start()
        gateway.await_value('meter/voltage', 230.5)
        write(f'{driver}/unbind', os.path.basename(port))
        gateway.await_bad('meter/voltage')
        reason = gateway.message('meter/voltage')['reason']
        write(f'{driver}/bind', os.path.basename(port))
        gateway.await_value('meter/voltage', 230.5)
    finally:
        meter.terminate()
        meter.wait()
        gateway.stop()
    return reason
