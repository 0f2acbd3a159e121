using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Client;

namespace Gateway.Drivers.Modbus;

/// <summary>One Modbus bus: the devices of a map behind one client.</summary>
internal sealed class ModbusBus : IBus
{
    private readonly ModbusLine _line;
    private readonly Dictionary<string, ModbusDevice> _devices;
    private readonly Dictionary<ModbusDevice, DeviceMemory> _memories;
    private readonly DriverContext _context;

    /// <param name="definition">A valid definition.</param>
    /// <param name="client">The way to the devices; the bus disposes it.</param>
    /// <param name="context">The clock of time stamps and pauses, and the log.</param>
    public ModbusBus(BusDefinition definition, ModbusClient client, DriverContext context)
    {
        _context = context;
        _line = new ModbusLine(client, definition, context);
        _devices = definition.Devices.ToDictionary(device => device.Name, device => new ModbusDevice(device));
        _memories = _devices.Values.ToDictionary(device => device, device => new DeviceMemory(device, definition, context));
    }

    public string Describe(DeviceDefinition device) => _devices[device.Name].ToString();

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points)
    {
        var located = _devices[device.Name];
        return new ModbusReader(_line, _memories[located], [.. points.Select(point => located[point])], _context.TimeProvider);
    }

    public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var device = _devices[point.DeviceName];
        return ModbusWriter.WriteAsync(_line, device, device[point], value, cancellationToken);
    }

    public ValueTask DisposeAsync() => _line.DisposeAsync();
}
