using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Reloading;

/// <summary>Is told what new maps no longer have, so that no retained message outlives its subject.</summary>
internal interface IGoneObserver
{
    void PointGone(PointDefinition point);

    void DeviceGone(DeviceDefinition device);
}

/// <summary>
/// The buses that are polled. Applying new maps stops what is gone or changed and starts what is new; a bus whose definition
/// is the same does not miss a poll. <see cref="ApplyAsync"/> by one caller at a time; the rest is thread-safe.
/// </summary>
internal sealed class RunningBuses(
    IReadOnlyDictionary<string, IDriver> drivers,
    MeasurementPipeline pipeline,
    IGoneObserver gone,
    IPointMemory memory,
    Func<TimeSpan> uplinkAbsence,
    TimeProvider timeProvider,
    ILoggerFactory loggerFactory) : IAsyncDisposable
{
    // Multiples of the golden ratio, modulo 1, are spread evenly however many there are.
    private const double PhaseStep = 0.618_033_988_75;

    private int _opened;
    private volatile IReadOnlyList<BusPoller> _pollers = [];
    private volatile IReadOnlyDictionary<(string Device, string Point), (BusPoller Bus, PointDefinition Point)> _points =
        new Dictionary<(string, string), (BusPoller, PointDefinition)>();

    /// <summary>The pollers, in the order of the maps.</summary>
    public IReadOnlyList<BusPoller> Pollers => _pollers;

    /// <summary>A point and its bus; null if there is none of that name.</summary>
    public (BusPoller Bus, PointDefinition Point)? Find(string device, string point) =>
        _points.TryGetValue((device, point), out var found) ? found : null;

    /// <summary>Makes the running buses those of the definitions.</summary>
    /// <returns>How many buses were started and stopped.</returns>
    public async Task<(int Started, int Stopped)> ApplyAsync(IReadOnlyList<BusDefinition> buses)
    {
        var current = _pollers;
        var kept = current.Where(poller => buses.Any(bus => IsSame(bus, poller.Definition))).ToList();
        var stopped = current.Except(kept).ToList();
        // A port must be closed before its new owner opens it.
        await Task.WhenAll(stopped.Select(poller => poller.DisposeAsync().AsTask())).ConfigureAwait(false);
        Forget(stopped.SelectMany(poller => poller.Definition.Devices), buses);
        var pollers = buses.Select(bus => kept.Find(poller => IsSame(bus, poller.Definition)) ?? Open(bus)).ToList();
        _points = pollers
            .SelectMany(poller => poller.Definition.Devices.SelectMany(device => device.AllPoints.Select(point => (poller, point))))
            .ToDictionary(pair => (pair.point.DeviceName, pair.point.Name));
        _pollers = pollers;
        foreach (var poller in pollers.Except(kept))
        {
            poller.Start();
        }

        return (pollers.Count - kept.Count, stopped.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_pollers.Select(poller => poller.DisposeAsync().AsTask())).ConfigureAwait(false);
        _pollers = [];
    }

    private void Forget(IEnumerable<DeviceDefinition> stopped, IReadOnlyList<BusDefinition> buses)
    {
        var devices = buses.SelectMany(bus => bus.Devices).ToLookup(device => device.Name);
        foreach (var device in stopped)
        {
            pipeline.Forget(device);
            var points = devices[device.Name].SelectMany(left => left.AllPoints).Select(point => point.Name).ToHashSet();
            foreach (var point in device.AllPoints.Where(point => !points.Contains(point.Name)))
            {
                gone.PointGone(point);
            }

            if (!devices.Contains(device.Name))
            {
                gone.DeviceGone(device);
            }
        }
    }

    private static bool IsSame(BusDefinition one, BusDefinition other) => one.Name == other.Name && one.Fingerprint == other.Fingerprint;

    private BusPoller Open(BusDefinition definition)
    {
        var logger = loggerFactory.CreateLogger($"Gateway.Bus.{definition.DriverName}");
        var context = new DriverContext(timeProvider, logger) { Memory = memory, UplinkAbsence = uplinkAbsence };
        var bus = drivers[definition.DriverName].Open(definition, context);
        return new BusPoller(definition, bus, pipeline, new PollOptions { Phase = _opened++ * PhaseStep % 1 }, context);
    }
}
