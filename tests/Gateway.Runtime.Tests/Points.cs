using System.Text.Json;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Tests;

/// <summary>Definitions as a map would give them.</summary>
internal static class Points
{
    public static readonly Settings NoSettings = new(
        new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), new SourceLocation("test.yaml", 1, 1));

    public static PointDefinition Point(
        string name = "flow", string device = "boiler", double every = 1, string? unit = "°C", decimal scale = 1, decimal offset = 0,
        ReportMode report = ReportMode.Always, decimal deadband = 0, Dictionary<long, string>? texts = null,
        bool monotonic = false, decimal? minimum = null, decimal? maximum = null, bool writable = false, decimal? maximumStep = null, decimal? rollOver = null,
        Dictionary<int, string>? flags = null, int? decimals = null, Settings? settings = null) => new()
        {
            DeviceName = device,
            Name = name,
            Every = TimeSpan.FromSeconds(every),
            Unit = unit,
            Scale = scale,
            Offset = offset,
            Report = report,
            Deadband = deadband,
            Heartbeat = TimeSpan.FromMinutes(10),
            Enumeration = texts,
            Monotonic = monotonic,
            Minimum = minimum,
            Maximum = maximum,
            Writable = writable,
            MaximumStep = maximumStep,
            RollOver = rollOver,
            Flags = flags,
            Decimals = decimals,
            Settings = settings ?? NoSettings,
        };

    public static DeviceDefinition Device(string name, params PointDefinition[] points) => new() { Name = name, Settings = NoSettings, Points = points };

    public static BusDefinition Bus(params DeviceDefinition[] devices) => new()
    {
        DriverName = "fake",
        Name = "fake bus",
        Settings = NoSettings,
        Devices = devices,
        Fingerprint = FingerprintOf(devices),
    };

    // As the reader of maps writes it.
    private static string FingerprintOf(DeviceDefinition[] devices) => JsonSerializer.Serialize(new
    {
        driver = "fake",
        bus = new { },
        devices = devices.ToDictionary(device => device.Name, device => new
        {
            keys = device.Settings.Keys.ToDictionary(key => key, device.Settings.Get<object>),
            points = device.AllPoints.ToDictionary(point => point.Name, point => new { point.Every, point.Unit, point.Scale, point.Deadband, point.Report, point.Writable }),
        }),
    });
}
