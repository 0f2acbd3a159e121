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

    public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var device = _devices[point.DeviceName];
        return ModbusWriter.WriteAsync(_line, device, device[point], value, cancellationToken);
    }

    public ValueTask DisposeAsync() => _line.DisposeAsync();
}
