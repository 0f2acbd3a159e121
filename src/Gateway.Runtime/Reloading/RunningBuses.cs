using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Reloading;

/// <summary>
/// The buses that are polled. Applying new maps changes what differs, device by device; a bus is opened anew only where its own keys differ.
/// Devices that are the same do not miss a poll, and their outputs keep their levels. <see cref="ApplyAsync"/> by one caller at a time; the rest is thread-safe.
/// </summary>
internal sealed class RunningBuses(
    IReadOnlyDictionary<string, IDriver> drivers,
    MeasurementPipeline pipeline,
    IPointMemory memory,
    Func<TimeSpan> uplinkAbsence,
    PollingInstruments? instruments,
    TimeProvider timeProvider,
    ILoggerFactory loggerFactory) : IAsyncDisposable
{
    // Multiples of the golden ratio, modulo 1, are spread evenly however many there are.
    private const double PhaseStep = 0.618_033_988_75;

    private int _opened;
    private volatile Opening? _opening;
    private volatile IReadOnlyList<BusPoller> _pollers = [];
    private volatile IReadOnlyList<BusPoller> _ending = [];
    private volatile IReadOnlyDictionary<(string Device, string Point), (BusPoller Bus, PointDefinition Point)> _points =
        new Dictionary<(string, string), (BusPoller, PointDefinition)>();

    /// <summary>Is told what new maps no longer have.</summary>
    public required IGoneObserver Gone { get; set; }

    /// <summary>The pollers, in the order of the maps.</summary>
    public IReadOnlyList<BusPoller> Pollers => _pollers;

    /// <summary>
    /// The names of the buses that hang: those that are being stopped are among them, since what waits for one that does not end does not end either,
    /// and the one that is being opened.
    /// </summary>
    public IReadOnlyList<string> Stalled =>
    [
        .. _pollers.Concat(_ending).Where(poller => !poller.IsHealthy).Select(poller => poller.Definition.Name),
        .. _opening is { Deadline.IsPast: true } opening ? (string[])[opening.Name] : [],
    ];

    /// <summary>A point and its bus; null if there is none of that name.</summary>
    public (BusPoller Bus, PointDefinition Point)? Find(string device, string point) =>
        _points.TryGetValue((device, point), out var found) ? found : null;

    /// <summary>Makes the running buses those of the definitions.</summary>
    /// <exception cref="Exception">A driver cannot open a bus. What ran before runs, but for a bus that its driver opens no more.</exception>
    public async Task<AppliedChanges> ApplyAsync(IReadOnlyList<BusDefinition> buses)
    {
        var running = _pollers.ToDictionary(poller => poller.Definition.Name);
        var wanted = buses.Select(bus => (Bus: bus, Poller: running.GetValueOrDefault(bus.Name))).Select(each => (each.Poller, Merged: Merge(each.Poller, each.Bus), each.Bus)).ToList();
        var going = wanted.Where(each => each.Merged is not null && (each.Merged == each.Poller!.Definition || each.Poller.CanReload)).ToList();
        var changed = going.Where(each => each.Merged != each.Poller!.Definition).Select(each => (Poller: each.Poller!, Definition: each.Merged!)).ToList();
        var devices = changed.SelectMany(each => Changed(each.Poller.Definition, each.Definition)).ToList();

        // A port must be closed before its new owner opens it.
        var stopped = _pollers.Except(going.Select(each => each.Poller!)).ToList();
        await StopAsync(stopped).ConfigureAwait(false);
        var started = await OpenOrReturnAsync([.. wanted.Except(going).Select(each => each.Merged ?? each.Bus)], stopped).ConfigureAwait(false);
        Replace(stopped, started, buses);
        var isTakenUp = await Task.WhenAll(changed.Select(each => ReloadAsync(each.Poller, each.Definition, buses))).ConfigureAwait(false);
        foreach (var (poller, definition) in changed.Where((_, i) => !isTakenUp[i]).ToList())
        {
            await StopAsync([poller]).ConfigureAwait(false);
            var opened = await OpenOrReturnAsync([definition], [poller]).ConfigureAwait(false);
            Replace([poller], opened, buses);
            stopped.Add(poller);
            started.AddRange(opened);
        }

        Set([.. buses.Select(bus => _pollers.First(poller => poller.Definition.Name == bus.Name))]);
        return new AppliedChanges(started.Count, stopped.Count, devices);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_pollers.Select(poller => poller.DisposeAsync().AsTask())).ConfigureAwait(false);
        _pollers = [];
    }

    private static BusDefinition? Merge(BusPoller? poller, BusDefinition bus) => poller is null ? null : DefinitionMerge.Merge(poller.Definition, bus);

    private static IEnumerable<string> Changed(BusDefinition before, BusDefinition after) =>
        before.Devices.Except(after.Devices).Concat(after.Devices.Except(before.Devices)).Select(device => device.Name).Distinct();

    private async Task StopAsync(IReadOnlyList<BusPoller> pollers)
    {
        _ending = pollers;
        Set([.. _pollers.Except(pollers)]);
        await Task.WhenAll(pollers.Select(poller => poller.DisposeAsync().AsTask())).ConfigureAwait(false);
        _ending = [];
    }

    private async Task<bool> ReloadAsync(BusPoller poller, BusDefinition definition, IReadOnlyList<BusDefinition> buses)
    {
        var before = poller.Definition;
        return await poller.ReloadAsync(definition, () => Forget(before, definition, buses)).ConfigureAwait(false);
    }

    // A driver that throws must not cost a bus that ran: those that were stopped are opened again as they were.
    private async Task<List<BusPoller>> OpenOrReturnAsync(IReadOnlyList<BusDefinition> wanted, IReadOnlyList<BusPoller> stopped)
    {
        var opened = new List<BusPoller>();
        try
        {
            foreach (var bus in wanted)
            {
                opened.Add(Open(bus));
            }

            return opened;
        }
        catch
        {
            await Task.WhenAll(opened.Select(poller => poller.DisposeAsync().AsTask())).ConfigureAwait(false);
            Start([.. stopped.Select(poller => TryOpen(poller.Definition)).OfType<BusPoller>()]);
            throw;
        }
    }

    private void Replace(List<BusPoller> stopped, List<BusPoller> started, IReadOnlyList<BusDefinition> buses)
    {
        foreach (var poller in stopped)
        {
            Forget(poller.Definition, started.Find(next => next.Definition.Name == poller.Definition.Name)?.Definition, buses);
        }

        Start(started);
    }

    private void Start(List<BusPoller> opened)
    {
        Set([.. _pollers, .. opened]);
        opened.ForEach(poller => poller.Start());
    }

    private BusPoller? TryOpen(BusDefinition definition)
    {
        try
        {
            return Open(definition);
        }
#pragma warning disable CA1031 // The fault that is told is that of the new maps.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DriverThrew(loggerFactory.CreateLogger<RunningBuses>(), definition.Name, fault);
            return null;
        }
    }

    private void Set(IReadOnlyList<BusPoller> pollers)
    {
        _points = pollers
            .SelectMany(poller => poller.Definition.Devices.SelectMany(device => device.AllPoints.Select(point => (poller, point))))
            .ToDictionary(pair => (pair.point.DeviceName, pair.point.Name));
        _pollers = pollers;
    }

    private void Forget(BusDefinition before, BusDefinition? after, IReadOnlyList<BusDefinition> buses)
    {
        var devices = buses.SelectMany(bus => bus.Devices).ToLookup(device => device.Name);
        foreach (var device in before.Devices)
        {
            var next = after?.Devices.FirstOrDefault(each => each.Name == device.Name && each.Settings == device.Settings);
            if (next == device)
            {
                continue;
            }

            if (next is null)
            {
                pipeline.Forget(device);
            }
            else
            {
                device.AllPoints.Except(next.AllPoints).ToList().ForEach(pipeline.Forget);
            }

            var names = devices[device.Name].SelectMany(left => left.AllPoints).Select(point => point.Name).ToHashSet();
            foreach (var point in device.AllPoints.Where(point => !names.Contains(point.Name)))
            {
                Gone.PointGone(point);
            }

            if (!devices.Contains(device.Name))
            {
                Gone.DeviceGone(device);
            }
        }
    }

    private BusPoller Open(BusDefinition definition)
    {
        var logger = new DeviceLogger(
            loggerFactory.CreateLogger($"Gateway.Bus.{definition.DriverName}"),
            definition.Name,
            name => DeviceLogger.Find(_pollers.Select(poller => poller.Definition).Append(definition), name));
        var options = new PollOptions { Phase = _opened++ * PhaseStep % 1 };
        var deadline = new HangDeadline(timeProvider, options.HangLimit);
        var context = new DriverContext(timeProvider, logger) { Memory = memory, UplinkAbsence = uplinkAbsence, Progress = deadline.Extend };
        _opening = new Opening(definition.Name, deadline);
        try
        {
            var bus = drivers[definition.DriverName].Open(definition, context);
            return new BusPoller(definition, bus, pipeline, options, context) { Instruments = instruments, Deadline = deadline };
        }
        finally
        {
            _opening = null;
        }
    }

    private sealed record Opening(string Name, HangDeadline Deadline);
}
