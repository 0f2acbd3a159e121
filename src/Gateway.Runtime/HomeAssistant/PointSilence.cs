using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.HomeAssistant;

/// <summary>How long nothing may be heard of a point while all is well. Pure.</summary>
internal static class PointSilence
{
    /// <summary>Point → the longest silence; null: it may be silent for ever.</summary>
    public static IReadOnlyDictionary<string, TimeSpan?> Of(DeviceDefinition device)
    {
        // What is calculated comes behind what it needs.
        var intervals = new Dictionary<string, TimeSpan?>();
        foreach (var point in device.AllPoints)
        {
            // One new input is enough, and inputs count as they are read, not as they are reported.
            intervals[point.Name] = point.Calculation is { } calculation ? calculation.Inputs.Select(input => intervals[input]).Min()
                : IsTold(device, point) ? null
                : point.Every;
        }

        return device.AllPoints.ToDictionary(point => point.Name, point => intervals[point.Name] is { } interval ? Max(interval, point) : (TimeSpan?)null);
    }

    // A serial device that nobody asks speaks when it likes; that it is missed is said of its points.
    private static bool IsTold(DeviceDefinition device, PointDefinition point) =>
        device.Settings.TryGet<object>("max-age", out _) && !device.Settings.IsWritten("request") && !point.Settings.IsWritten("request");

    private static TimeSpan Max(TimeSpan interval, PointDefinition point) =>
        point.Report == ReportMode.Change && point.Heartbeat > interval ? point.Heartbeat : interval;
}
