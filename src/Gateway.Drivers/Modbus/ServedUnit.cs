using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// The tables of a unit that shows live values. Addresses without a value do not exist; a value that is not good refuses the request
/// with exception 11, unless something stands for it. A write goes to the points that it covers whole, one after the other. Thread-safe.
/// </summary>
internal sealed class ServedUnit : IModbusDataStore
{
    private readonly Dictionary<(ModbusTable Table, int Address), ServedValue> _values = [];

    private delegate bool TryGet<T>(ServedValue value, Span<T> own);

    /// <param name="values">The values, none on another.</param>
    public ServedUnit(IEnumerable<ServedValue> values)
    {
        foreach (var value in values)
        {
            for (var address = (int)value.Place.Address; address < value.Place.End; address++)
            {
                _values.Add((value.Place.Table, address), value);
            }
        }
    }

    public ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken) =>
        new(Read(table, address, bits.Span, static (value, own) => value.TryGet(own)));

    public ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken) =>
        new(Read(table, address, registers.Span, static (value, own) => value.TryGet(own)));

    public ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> bits, CancellationToken cancellationToken) =>
        WriteAsync(ModbusTable.Coils, address, bits.Length, (value, from) => value.TryDecode(bits.Span[from..], default, out var decoded) ? decoded : null, cancellationToken);

    public ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> registers, CancellationToken cancellationToken) =>
        WriteAsync(
            ModbusTable.HoldingRegisters,
            address,
            registers.Length,
            (value, from) => value.TryDecode(default, registers.Span.Slice(from, value.Place.Count), out var decoded) ? decoded : null,
            cancellationToken);

    private ExceptionCode Read<T>(ModbusTable table, ushort address, Span<T> shown, TryGet<T> tryGet)
    {
        Span<T> buffer = new T[ModbusLimits.MaxReadRegisters];
        for (int at = address, end = address + shown.Length; at < end;)
        {
            if (!_values.TryGetValue((table, at), out var value))
            {
                return ExceptionCode.IllegalDataAddress;
            }

            var place = value.Place;
            var own = buffer[..place.Count];
            if (!tryGet(value, own))
            {
                return ExceptionCode.GatewayTargetDeviceFailedToRespond;
            }

            // A range may begin or end within a value.
            for (; at < end && at < place.End; at++)
            {
                shown[at - address] = own[at - place.Address];
            }
        }

        return ExceptionCode.None;
    }

    // All is checked before anything is written: what is refused with exception 2 or 3 has changed nothing.
    private async ValueTask<ExceptionCode> WriteAsync(
        ModbusTable table, ushort address, int count, Func<ServedValue, int, PointValue?> decode, CancellationToken cancellationToken)
    {
        var writes = new List<(ServedValue Value, PointValue Written)>();
        for (int at = address, end = address + count; at < end;)
        {
            if (!_values.TryGetValue((table, at), out var value) || !value.IsWritable)
            {
                return ExceptionCode.IllegalDataAddress;
            }

            if (value.Place.Address != at || value.Place.End > end || decode(value, at - address) is not { } written)
            {
                return ExceptionCode.IllegalDataValue;
            }

            writes.Add((value, written));
            at = value.Place.End;
        }

        foreach (var (value, written) in writes)
        {
            var outcome = await value.WriteAsync(written, cancellationToken);
            if (!outcome.Succeeded)
            {
                return outcome.Failure switch
                {
                    WriteFailure.Busy => ExceptionCode.ServerDeviceBusy,
                    WriteFailure.NoAnswer => ExceptionCode.GatewayTargetDeviceFailedToRespond,
                    WriteFailure.BusFailed => ExceptionCode.GatewayPathUnavailable,
                    _ => ExceptionCode.ServerDeviceFailure,
                };
            }
        }

        return ExceptionCode.None;
    }
}
