using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Modbus.Client;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>A device of a valid map: whom to ask, and what it allows. Immutable.</summary>
internal sealed class ModbusDevice
{
    private readonly Dictionary<PointDefinition, ModbusPoint> _points = [];
    private readonly Dictionary<PointDefinition, SunSpecReference> _references = [];

    /// <param name="definition">The device.</param>
    /// <exception cref="ArgumentException">The map is not valid.</exception>
    public ModbusDevice(DeviceDefinition definition)
    {
        Definition = definition;
        var settings = definition.Settings;
        Unit = new ModbusUnit((byte)settings.Get<long>("unit"), settings.TryGet<TimeSpan>("timeout", out var timeout) ? timeout : null);
        Retries = (int)settings.Get<long>("retries");
        Limits = new ReadLimits
        {
            MaxRegisters = (int)settings.Get<long>("max-registers"),
            MaxGap = (int)settings.Get<long>("max-gap"),
        };
        var diagnostics = new List<Diagnostic>();
        foreach (var point in definition.Points)
        {
            _points[point] = ModbusPointParser.Parse(point, diagnostics)
                ?? throw new ArgumentException(string.Join("; ", diagnostics), nameof(definition));
            if (point.Settings.TryGet<string>(SunSpecPointParser.Key, out var name))
            {
                _references[point] = SunSpecReference.Parse(name, out _)!;
            }
        }

        if (_references.Count > 0)
        {
            Nominal = SunSpecChain.Nominal(_references.Values);
            foreach (var point in _references.Keys)
            {
                _points[point] = Locate(point, Nominal)!;
            }
        }
    }

    public DeviceDefinition Definition { get; }

    public ModbusUnit Unit { get; }

    /// <summary>How often a request is repeated after a timeout or a damaged answer.</summary>
    public int Retries { get; }

    public ReadLimits Limits { get; }

    public IReadOnlyCollection<ModbusPoint> Points => _points.Values;

    /// <summary>Where a point is. The point is one of this device's.</summary>
    public ModbusPoint this[PointDefinition point] => _points[point];

    /// <summary>The SunSpec models of a device that has what the points need and nothing else; null if no point is found by its SunSpec name.</summary>
    public SunSpecChain? Nominal { get; }

    /// <summary>Where a point is in a device with these SunSpec models; null if it is not there.</summary>
    public ModbusPoint? Locate(PointDefinition point, SunSpecChain chain) => _references.TryGetValue(point, out var reference)
        ? chain.Locate(point, reference, Limits.MaxRegisters) is { } located ? located with { Write = WriteOf(point, located) } : null
        : _points[point];

    /// <summary>The fewest requests that read these points.</summary>
    /// <param name="points">Points of this device.</param>
    /// <param name="refused">Ranges that the device refused; null: none.</param>
    public ReadPlan Plan(IReadOnlyList<ModbusPoint> points, IReadOnlyCollection<ReadRange>? refused = null) =>
        ReadPlan.Create([.. points.Select(point => point.Range)], Limits, refused);

    /// <summary>The fewest requests that read these points and what they need from elsewhere.</summary>
    public ReadPlan PlanAll(IReadOnlyList<ModbusPoint> points) =>
        ReadPlan.Create([.. points.Select(point => point.Range), .. points.SelectMany(point => point.Apart)], Limits);

    /// <summary>What the log calls it: <c>meter (unit 7)</c>.</summary>
    public override string ToString() => $"{Definition.Name} (unit {Unit.Id})";

    private ModbusWriteForm? WriteOf(PointDefinition point, ModbusPoint located) =>
        _points[point].Write is { } form ? form with { Place = located.Place } : null;
}
