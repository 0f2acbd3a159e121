using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Linux.Serial;
using Gateway.Modbus.Client;

namespace Gateway.Drivers.Modbus;

/// <summary>One Modbus bus: the devices of a map behind one client, or behind one each.</summary>
internal sealed class ModbusBus : IRelayBus, IReloadableBus
{
    private readonly List<ModbusLine> _lines = [];
    private readonly Dictionary<string, ModbusDevice> _devices = [];
    private readonly Dictionary<ModbusDevice, DeviceMemory> _memories = [];
    private readonly Dictionary<ModbusDevice, ModbusLine> _lineOf = [];
    private readonly Dictionary<ModbusDevice, SunSpecUnit> _sunSpec = [];
    private readonly BusDefinition _definition;
    private readonly Func<ModbusClient> _createClient;
    private readonly DriverContext _context;
    private readonly LineThread? _thread;
    private readonly bool _hasSerialUnits;
    private readonly bool _isPerDevice;

    /// <param name="definition">A valid definition.</param>
    /// <param name="createClient">Makes a way to the devices; the bus disposes it.</param>
    /// <param name="context">The clock of time stamps and pauses, and the log.</param>
    /// <param name="thread">The serial line's; the bus disposes it. Null: there is none.</param>
    public ModbusBus(BusDefinition definition, Func<ModbusClient> createClient, DriverContext context, LineThread? thread)
    {
        _definition = definition;
        _createClient = createClient;
        _context = context;
        _thread = thread;
        _hasSerialUnits = ModbusTransport.HasSerialUnits(ModbusTransport.Of(definition.Settings));
        _isPerDevice = definition.Settings.TryGet<string>(ModbusBusSchema.Connection, out var connection) && connection == ModbusBusSchema.ConnectionPerDevice;
        foreach (var device in definition.Devices)
        {
            Add(device, line: null);
        }
    }

    public string Describe(DeviceDefinition device) => _devices[device.Name].ToString();

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points)
    {
        var located = _devices[device.Name];
        IPointReader Create(IReadOnlyList<ModbusPoint> known) => new ModbusReader(_lineOf[located], _memories[located], known, _context.TimeProvider);
        return _sunSpec.TryGetValue(located, out var unit)
            ? new SunSpecReader(unit, located, points, Create, _context.TimeProvider)
            : Create([.. points.Select(point => located[point])]);
    }

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var device = _devices[point.DeviceName];
        var located = device[point];
        if (_sunSpec.TryGetValue(device, out var unit))
        {
            // A write to where a model stood before an update would change something else: it is looked for anew each time.
            unit.Forget();
            if (await unit.LocateAsync(cancellationToken) is { } fault)
            {
                return new WriteOutcome(fault.IsSuccess ? $"{point.DeviceName} has no SunSpec map" : $"the SunSpec map of {point.DeviceName} could not be read ({fault.Reason})");
            }

            if (device.Locate(point, unit.Chain!) is not { } found)
            {
                return new WriteOutcome($"the SunSpec map of {point.DeviceName} does not have {point.Settings.Get<string>(SunSpecPointParser.Key)}");
            }

            located = found;
        }

        return await ModbusWriter.WriteAsync(_lineOf[device], device, located, value, cancellationToken);
    }

    public async ValueTask<RelayOutcome> RelayAsync(byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken)
    {
        if (unit == 0 && _hasSerialUnits)
        {
            return new RelayOutcome(RelayStatus.BusFailed); // nobody answers the broadcast
        }

        var device = _devices.Values.FirstOrDefault(device => device.Unit.Id == unit);
        var line = device is null ? _lines[0] : _lineOf[device];
        var (result, length) = await line.RelayAsync(device?.Unit ?? new ModbusUnit(unit), request, answer, cancellationToken);
        return result switch
        {
            { IsSuccess: true } => new RelayOutcome(RelayStatus.Answered, length),
            { LineFault: not null } => new RelayOutcome(RelayStatus.BusFailed),
            { IsFromDevice: true } => new RelayOutcome(RelayStatus.Answered, ModbusRefusal.Write(answer.Span, request.Span[0], result.Result.ExceptionCode)),
            _ => new RelayOutcome(RelayStatus.NoAnswer),
        };
    }

    public async ValueTask ReloadAsync(BusDefinition definition, CancellationToken cancellationToken)
    {
        var gone = new Dictionary<string, ModbusDevice>(_devices);
        foreach (var device in definition.Devices)
        {
            if (!gone.Remove(device.Name, out var known))
            {
                Add(device, line: null);
            }
            else if (known.Definition != device)
            {
                // The connection is the bus's or the device's, whatever is read through it.
                Add(device, Remove(known));
            }
        }

        foreach (var device in gone.Values)
        {
            var line = Remove(device);
            if (_isPerDevice)
            {
                _lines.Remove(line);
                await line.DisposeAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var line in _lines)
        {
            await line.DisposeAsync();
        }

        if (_thread is not null)
        {
            await _thread.DisposeAsync();
        }
    }

    private void Add(DeviceDefinition definition, ModbusLine? line)
    {
        if (line is null && (_isPerDevice || _lines.Count == 0))
        {
            _lines.Add(line = new ModbusLine(_createClient(), _definition, _context));
        }

        var device = _devices[definition.Name] = new ModbusDevice(definition);
        _lineOf[device] = line ?? _lines[0];
        _memories[device] = new DeviceMemory(device, _definition, _context);
        if (device.Nominal is not null)
        {
            _sunSpec[device] = new SunSpecUnit(_lineOf[device], _memories[device]);
        }
    }

    private ModbusLine Remove(ModbusDevice device)
    {
        _devices.Remove(device.Definition.Name);
        _memories.Remove(device);
        _sunSpec.Remove(device);
        _lineOf.Remove(device, out var line);
        return line!;
    }
}
