using System.Runtime.CompilerServices;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Commands;

/// <summary>The points of running buses, by the names that people type. Thread-safe.</summary>
public sealed class PointAccess
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly Func<IReadOnlyList<BusPoller>> _buses;
    private readonly LastValues _values;
    private readonly TimeProvider _timeProvider;

    internal PointAccess(Func<IReadOnlyList<BusPoller>> buses, LastValues values, TimeProvider timeProvider)
    {
        _buses = buses;
        _values = values;
        _timeProvider = timeProvider;
    }

    private IEnumerable<DeviceDefinition> Devices => _buses().SelectMany(bus => bus.Definition.Devices);

    /// <summary>The newest values.</summary>
    /// <param name="name"><c>DEVICE</c> or <c>DEVICE.POINT</c>; null: everything.</param>
    /// <param name="error">Why there are none, one sentence; null if there are.</param>
    /// <returns>The points; null if the name is nothing that there is.</returns>
    public IReadOnlyList<PointReading>? Read(string? name, out string? error) =>
        PointNames.Select(Devices, name, out error) is { } points ? [.. points.Select(Describe)] : null;

    /// <summary>
    /// Follows values: first those that there are, then each that is newer or of another quality. Of several of one point within 10 ms, the newest.
    /// </summary>
    /// <param name="name"><c>DEVICE</c> or <c>DEVICE.POINT</c>; null: everything.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Ends once the name is nothing that there is.</returns>
    public async IAsyncEnumerable<IReadOnlyList<PointReading>> FollowAsync(string? name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shown = new Dictionary<(string, string), (DateTimeOffset?, string?)>();
        while (true)
        {
            var next = _values.NextChange;
            if (Read(name, out _) is not { } points)
            {
                yield break;
            }

            var news = points.Where(point => point.Time is not null && (!shown.TryGetValue((point.Device, point.Point), out var last) || last != (point.Time, point.Quality))).ToList();
            if (news.Count > 0)
            {
                news.ForEach(point => shown[(point.Device, point.Point)] = (point.Time, point.Quality));
                yield return news;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Moment, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The newest measurement of a point; null if it was not read yet, or is not there.</summary>
    public Measurement? Find(string device, string point) => _values.Find(device, point);

    /// <summary>Writes a value, waits until the point was read again, and gives what that read.</summary>
    /// <param name="name"><c>DEVICE.POINT</c></param>
    /// <param name="value">The value, as it would be published.</param>
    /// <param name="cancellationToken">Ends the wait; the value may be written all the same.</param>
    /// <returns>What was read back, if it was written, and the outcome.</returns>
    public async Task<(PointReading? ReadBack, WriteOutcome Outcome)> WriteAsync(string name, PointValue value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (PointNames.Select(Devices, name, out var error) is not { } points)
        {
            return (null, new WriteOutcome(error));
        }

        if (Devices.Any(device => device.Name == name))
        {
            return (null, new WriteOutcome($"'{name}' is a device; name one of its points, such as {points[0]}"));
        }

        var point = points[0];
        var bus = _buses().FirstOrDefault(bus => bus.Definition.Devices.Any(device => device.Name == point.DeviceName));
        var outcome = bus is null
            ? new WriteOutcome("the bus was stopped") { Failure = WriteFailure.BusFailed }
            : await PointWriter.WriteAsync(bus, point, value, _timeProvider, cancellationToken, thenRead: true).ConfigureAwait(false);
        return (outcome.Succeeded ? Describe(point) : null, outcome);
    }

    /// <summary>A logger that says of a device, which an entry names in its field <c>Device</c>, which bus and unit it is.</summary>
    /// <param name="logger">Takes the entries.</param>
    public ILogger Explain(ILogger logger) => new DeviceLogger(logger, null, name => DeviceLogger.Find(_buses().Select(bus => bus.Definition), name));

    private PointReading Describe(PointDefinition point) => PointReading.Of(point, _values.Find(point.DeviceName, point.Name));
}
