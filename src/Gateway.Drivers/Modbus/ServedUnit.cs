using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// The tables of a unit that shows live values. Addresses without a value do not exist; a value that is not good refuses the request
/// with exception 11, unless something stands for it. Nothing can be written. Thread-safe.
/// </summary>
/// <param name="values">The values, none on another.</param>
internal sealed class ServedUnit(IReadOnlyList<ServedValue> values) : IModbusDataStore
{
    public ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            if (Find(table, address + i) is not { } value)
            {
                return new(ExceptionCode.IllegalDataAddress);
            }

            if (!value.TryGet(out bits.Span[i]))
            {
                return new(ExceptionCode.GatewayTargetDeviceFailedToRespond);
            }
        }

        return new(ExceptionCode.None);
    }

    public ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        var own = (Span<ushort>)stackalloc ushort[4];
        for (int at = address, end = address + registers.Length; at < end;)
        {
            if (Find(table, at) is not { } value)
            {
                return new(ExceptionCode.IllegalDataAddress);
            }

            var place = value.Place;
            if (!value.TryGet(own[..place.Count]))
            {
                return new(ExceptionCode.GatewayTargetDeviceFailedToRespond);
            }

            // A range may begin or end within a value.
            for (; at < end && at < place.End; at++)
            {
                registers.Span[at - address] = own[at - place.Address];
            }
        }

        return new(ExceptionCode.None);
    }

    public ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> bits, CancellationToken cancellationToken) =>
        new(ExceptionCode.IllegalFunction);

    public ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> registers, CancellationToken cancellationToken) =>
        new(ExceptionCode.IllegalFunction);

    private ServedValue? Find(ModbusTable table, int address) =>
        values.FirstOrDefault(value => value.Place.Table == table && value.Place.Address <= address && address < value.Place.End);
}
