# A Modbus server of pymodbus 3.0.0. Standard input, one JSON object:
#   {"port": 0} or {"serial": PATH, "baud": 19200, "parity": "N", "ascii": false}
#   "units": {"1": {"coils": {"0": [true]}, "discrete": {}, "holding": {"100": [1, 2]}, "input": {}}}
# Says "ready PORT" or "ready PATH" when it serves. Addresses not given are answered with exception 2.
import asyncio
import json
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer, ModbusSocketFramer


class Block(ModbusSparseDataBlock):
    """A block of the addresses given only, whole ranges or nothing."""

    def validate(self, address, count=1):
        return all(a in self.values for a in range(address, address + count))


def block(tables, name):
    values = {}
    for address, items in tables.get(name, {}).items():
        for i, item in enumerate(items):
            values[int(address) + i] = item
    return Block(values)


def unit(tables):
    return ModbusSlaveContext(
        co=block(tables, "coils"), di=block(tables, "discrete"),
        hr=block(tables, "holding"), ir=block(tables, "input"), zero_mode=True)


async def main():
    wanted = json.load(sys.stdin)
    context = ModbusServerContext(slaves={int(i): unit(t) for i, t in wanted["units"].items()}, single=False)
    if "serial" in wanted:
        server = ModbusSerialServer(
            context, framer=ModbusAsciiFramer if wanted["ascii"] else ModbusRtuFramer, port=wanted["serial"], baudrate=wanted.get("baud", 19200),
            parity=wanted.get("parity", "N"), timeout=1, ignore_missing_slaves=True)
        await server.start()
        print("ready", wanted["serial"], flush=True)
        await server.serve_forever()
    else:
        server = ModbusTcpServer(
            context, framer=ModbusSocketFramer, address=("127.0.0.1", wanted["port"]), allow_reuse_address=True)
        serving = asyncio.ensure_future(server.serve_forever())
        await server.serving
        print("ready", server.server.sockets[0].getsockname()[1], flush=True)
        await serving


asyncio.run(main())
