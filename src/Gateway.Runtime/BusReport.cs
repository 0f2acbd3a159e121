using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime;

/// <summary>What is said of buses, devices and points.</summary>
internal static class BusReport
{
    /// <summary>All buses, in the order of the maps.</summary>
    /// <param name="acquisition">The buses.</param>
    /// <param name="correct">Makes a right time of one that was taken before the clock was synchronised.</param>
    public static IReadOnlyList<BusStatus> Describe(Acquisition acquisition, Func<DateTimeOffset, DateTimeOffset> correct) =>
        [.. acquisition.Pollers.Select(poller => Describe(poller, acquisition, correct))];

    private static BusStatus Describe(BusPoller poller, Acquisition acquisition, Func<DateTimeOffset, DateTimeOffset> correct)
    {
        var statistics = poller.Statistics;
        return new BusStatus(
            poller.Definition.Name,
            statistics.Utilisation,
            statistics.Polls,
            statistics.Failures,
            statistics.Missed,
            [.. poller.Definition.Devices.Select(device => Describe(device, poller.Errors, acquisition, correct))])
        {
            Lateness = Describe(statistics.Lateness),
            Errors = new OrderedDictionary<string, long>(poller.Errors.Total()),
        };
    }

    /// <summary>How late the last minute's reads of all buses together began.</summary>
    public static LatenessStatus DescribeLateness(IReadOnlyList<BusPoller> pollers)
    {
        var all = new DurationHistogram();
        foreach (var poller in pollers)
        {
            poller.AddLatenessTo(all);
        }

        return Describe(all.ToLateness());
    }

    private static LatenessStatus Describe(Lateness lateness) =>
        new(lateness.Median.TotalMilliseconds, lateness.P99.TotalMilliseconds, lateness.Maximum.TotalMilliseconds);

    private static DeviceStatus Describe(DeviceDefinition device, ErrorCounts errors, Acquisition acquisition, Func<DateTimeOffset, DateTimeOffset> correct)
    {
        var pipeline = acquisition.Pipeline!;
        var state = pipeline.StateOf(device.Name);
        return new DeviceStatus(device.Name, state?.IsOnline, state is null ? null : correct(state.Since), state?.Reason, [.. device.AllPoints.Select(point => Describe(point, acquisition.Values, correct))])
        {
            Suppressed = pipeline.SuppressedOf(device.Name),
            Resets = pipeline.ResetsOf(device.Name),
            Errors = new OrderedDictionary<string, long>(errors.Of(device.Name)),
        };
    }

    private static PointStatus Describe(PointDefinition point, LastValues values, Func<DateTimeOffset, DateTimeOffset> correct)
    {
        var last = values.Find(point.DeviceName, point.Name);
        var value = last is { Value.Kind: not PointValueKind.None } ? last.Value.Value.ToString() : null;
        var quality = last is null ? null : PayloadWriter.NameOf(last.Value.Quality);
        return new PointStatus(point.Name, value, point.Unit, quality, last?.Reason, last is null ? null : correct(last.Value.Time), point.Writable);
    }
}
