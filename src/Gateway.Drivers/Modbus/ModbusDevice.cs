using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Client;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>A device of a valid map: whom to ask, and what it allows. Immutable.</summary>
internal sealed class ModbusDevice
{
    private readonly Dictionary<PointDefinition, ModbusPoint> _points = [];

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

    /// <summary>The fewest requests that read these points.</summary>
    /// <param name="points">Points of this device.</param>
    /// <param name="refused">Ranges that the device refused; null: none.</param>
    public ReadPlan Plan(IReadOnlyList<ModbusPoint> points, IReadOnlyCollection<ReadRange>? refused = null) =>
        ReadPlan.Create([.. points.Select(point => point.Range)], Limits, refused);

    /// <summary>What the log calls it: <c>meter (unit 7)</c>.</summary>
    public override string ToString() => $"{Definition.Name} (unit {Unit.Id})";
}
