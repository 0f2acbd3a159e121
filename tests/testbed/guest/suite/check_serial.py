"""Modbus RTU over two UARTs and a cable, 19200 8E1, which no pseudo terminal can do."""
import subprocess

from bed import Gateway

MAP = '''
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


def check_modbus_rtu_with_even_parity():
    meter = subprocess.Popen(['/host/meter', '/dev/ttyS2'])
    gateway = Gateway('serial', {'meter.yaml': MAP})
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
