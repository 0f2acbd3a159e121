using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Client;

namespace Gateway.Drivers.Modbus;

/// <summary>One Modbus bus: the devices of a map behind one client.</summary>
internal sealed class ModbusBus : IBus
{
    private readonly ModbusLine _line;
    private readonly TimeProvider _timeProvider;
    private readonly Dictionary<string, ModbusDevice> _devices;

    /// <param name="definition">A valid definition.</param>
    /// <param name="client">The way to the devices; the bus disposes it.</param>
    /// <param name="context">The clock of time stamps and pauses, and the log.</param>
    public ModbusBus(BusDefinition definition, ModbusClient client, DriverContext context)
    {
        _timeProvider = context.TimeProvider;
        _line = new ModbusLine(client, definition.Settings.Get<TimeSpan>("pause"), _timeProvider, context.Logger);
        _devices = definition.Devices.ToDictionary(device => device.Name, device => new ModbusDevice(device));
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points)
    {
        var located = _devices[device.Name];
        return new ModbusReader(_line, located, [.. points.Select(point => located[point])], _timeProvider);
    }

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var device = _devices[point.DeviceName];
        var located = device[point];
        if (located.Content == ModbusContent.RegisterBit)
        {
            // The register's other bits are the device's: read, change one, write back.
            var before = await _line.ReadAsync(device.Unit, located.Range, device.Retries, cancellationToken);
            if (!before.IsSuccess)
            {
                return new WriteOutcome($"the register of {point} could not be read before its bit is written: {Explain(before)}");
            }
        }

        if (Prepare(located, value) is { } error)
        {
            return new WriteOutcome(error);
        }

        var answer = await _line.WriteAsync(device.Unit, located.Range, device.Retries, cancellationToken);
        return answer.IsSuccess ? WriteOutcome.Done : new WriteOutcome(Explain(answer));
    }

    public ValueTask DisposeAsync() => _line.DisposeAsync();

    private string? Prepare(ModbusPoint point, PointValue value)
    {
        if (point.Content != ModbusContent.Bit)
        {
            return ModbusValue.Encode(point, value, _line.Registers[..point.Range.Count]);
        }

        if (!ModbusValue.TryGetBit(value, out var bit))
        {
            return $"'{value}' is neither true nor false";
        }

        _line.Bits[0] = bit;
        return null;
    }

    private static string Explain(in ModbusAnswer answer) => answer switch
    {
        { LineFault: { } fault } => $"the bus failed ({fault})",
        { Result.Status: ModbusStatus.Exception } => $"the device refused it with {answer.Result}",
        _ => $"the device did not confirm it ({answer.Reason}); it may have been written all the same",
    };
}
