using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <summary>
/// Chips on one bus, which one thread speaks to. While a chip converts, the others are served; and a chip that takes its time is
/// told to begin before its read is due, so that the read finds its value there. What an output has become by itself is told at once.
/// </summary>
/// <typeparam name="TPort">The way to a chip.</typeparam>
internal sealed partial class ChipBus<TPort> : IListeningBus, IReloadableBus
{
    /// <summary>A value that was measured ahead and is older than this is measured again.</summary>
    private static readonly TimeSpan MaxAge = ReadExpectation.MaxAdvance + TimeSpan.FromMilliseconds(200);

    private readonly IChipPorts<TPort> _ports;
    private readonly DriverContext _context;
    private readonly BusThread _thread;
    private readonly TimeProvider _timeProvider;
    private readonly BusJournal _journal;
    private readonly Func<DeviceDefinition, ChipDevice<TPort>> _create;
    private readonly CancellationTokenSource _stopping = new();
    private readonly UplinkWatch<TPort> _uplink;
    private volatile Dictionary<string, ChipDevice<TPort>> _devices;
    private volatile bool _mustClose;
    private volatile IListeningSink? _sink;

    /// <param name="definition">A valid definition.</param>
    /// <param name="ports">The hardware.</param>
    /// <param name="create">Makes the chip of a device.</param>
    /// <param name="context">The clock, the log and the error counts.</param>
    /// <param name="sharesLines">Whether its chips hang on the same lines, so that one can hold them for all.</param>
    public ChipBus(BusDefinition definition, IChipPorts<TPort> ports, Func<DeviceDefinition, ChipDevice<TPort>> create, DriverContext context, bool sharesLines = true)
    {
        _ports = ports;
        _context = context;
        _timeProvider = context.TimeProvider;
        _thread = new BusThread(definition.Name, _timeProvider);
        _journal = new BusJournal(definition.Name, context, sharesLines);
        _create = create;
        _devices = definition.Devices.ToDictionary(device => device.Name, create);
        _uplink = new UplinkWatch<TPort>(
            () => _devices.Values,
            (device, absence) => ThreadOf(device).WalkAsync(HeedUplink(device, absence), TimeSpan.Zero, _stopping.Token),
            context,
            _stopping.Token);
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => new Reader(this, _devices[device.Name], points);

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var device = _devices[point.DeviceName];
        await TakeAheadAsync(device, []);
        string? refusal = null;
        try
        {
            await ThreadOf(device).WalkAsync(Write(), TimeSpan.Zero, cancellationToken);
            return new WriteOutcome(refusal);
        }
        catch (BusException fault)
        {
            await JudgeAsync(device, fault);
            return new WriteOutcome(fault.Message.TrimEnd('.'));
        }

        IEnumerable<TimeSpan> Write()
        {
            foreach (var wait in SetUp(device))
            {
                yield return wait;
            }

            refusal = device.Chip.Write(OpenPort(device.Definition), device.FieldOf(point), value);
            ExpectPulseEnd(device);
        }
    }

    public async Task ListenAsync(IListeningSink sink, CancellationToken cancellationToken)
    {
        _sink = sink;
        await Task.Delay(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
    }

    public async ValueTask ReloadAsync(BusDefinition definition, CancellationToken cancellationToken)
    {
        var before = _devices;
        _devices = definition.Devices.ToDictionary(device => device.Name, device => before.TryGetValue(device.Name, out var same) && same.Definition == device ? same : _create(device));
        foreach (var gone in before.Values.Where(device => _devices.GetValueOrDefault(device.Definition.Name) != device))
        {
            await TakeAheadAsync(gone, []);
            var isSameChip = _devices.TryGetValue(gone.Definition.Name, out var next) && next.Definition.Settings == gone.Definition.Settings;
            await (gone.PulseEnd?.DisposeAsync() ?? ValueTask.CompletedTask);
            await LetGoAsync(gone, isSameChip ? next : null);
            await (gone.OwnPace?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        await OnThreadAsync(() => _ports.Reload(definition));
        _uplink.Begin();
    }

    /// <summary>Ends what is under way, gives each output its state for the stop, and closes the hardware. A bug that shows on the way keeps no output from its state.</summary>
    public async ValueTask DisposeAsync()
    {
        _sink = null;
        await _stopping.CancelAsync();
        var devices = _devices.Values;
        await EachForItself.DoAsync(
        [
            async () => await Task.WhenAll(devices.Select(device => device.Ahead?.Measured).OfType<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing),
            async () => await _uplink.Ended,
            .. devices.Select(device => device.PulseEnd).OfType<PulseEnd>().Select(end => (Func<ValueTask>)end.DisposeAsync),
            .. devices.Select(device => (Func<ValueTask>)(() => LetGoAsync(device, next: null))),
            async () => await Task.WhenAll(devices.Select(device => device.OwnPace).OfType<OwnPace>().Select(pace => pace.DisposeAsync().AsTask())),
            async () => await CloseAsync(),
            _thread.DisposeAsync,
        ]);
        _stopping.Dispose();
    }

    private BusThread ThreadOf(ChipDevice<TPort> device) => device.OwnPace?.Thread ?? _thread;

    private async Task<Measured> MeasureAsync(ChipDevice<TPort> device, IEnumerable<TimeSpan> steps, TimeSpan delay, CancellationToken cancellationToken)
    {
        ReadOutcome outcome;
        try
        {
            await ThreadOf(device).WalkAsync(steps, delay, cancellationToken);
            _journal.Works(device);
            outcome = ReadOutcome.Answered;
        }
        catch (BusException fault)
        {
            outcome = await JudgeAsync(device, fault);
        }

        return new Measured(outcome, _timeProvider.GetUtcNow(), _timeProvider.GetTimestamp());
    }

    // The steps are done on the thread, the adapter being opened by the first.
    private IEnumerable<TimeSpan> SetUp(ChipDevice<TPort> device)
    {
        if (device.IsSetUp)
        {
            yield break;
        }

        foreach (var wait in device.Chip.SetUp(OpenPort(device.Definition)))
        {
            yield return wait;
        }

        device.IsSetUp = true;
    }

    private IEnumerable<TimeSpan> Measure(ChipDevice<TPort> device, IReadOnlyList<int> asked)
    {
        foreach (var wait in SetUp(device))
        {
            yield return wait;
        }

        device.Values.Clear();
        device.Waited = TimeSpan.Zero;
        foreach (var wait in device.Chip.Measure(OpenPort(device.Definition), asked, device.Values))
        {
            device.Waited += wait;
            yield return wait;
        }
    }

    private static void Report(in Measured measured, ChipDevice<TPort> device, IReadOnlyList<PointDefinition> points, ChipValues values, IReadingSink sink)
    {
        foreach (var point in points)
        {
            var reason = measured.Outcome.Reason;
            var value = reason is null ? values.Get(device.FieldOf(point), out reason) : PointValue.None;
            sink.Report(reason is null ? Reading.Good(point, value, values.MeasuredAt ?? measured.Time) : Reading.Bad(point, reason, measured.Time));
        }
    }

    private async Task OnThreadAsync(Action action)
    {
        try
        {
            await _thread.RunAsync(() =>
            {
                action();
                return true;
            });
        }
        catch (BusException)
        {
            // It is gone, and with it what could be set.
        }
    }

    // On the thread.
    private TPort OpenPort(DeviceDefinition device)
    {
        if (_mustClose)
        {
            _mustClose = false;
            _ports.Close();
        }

        return _ports.Open(device);
    }

    private async Task<ReadOutcome> JudgeAsync(ChipDevice<TPort> device, BusException fault)
    {
        device.IsSetUp = false;
        // What hangs on a thread of its own hangs alone.
        var outcome = _journal.Fails(device, device.OwnPace is null ? fault : new BusException(fault.Reason, fault.Message));
        if (outcome.Status == ReadStatus.BusFailed)
        {
            // Chips may have lost their supply with the bus.
            foreach (var each in _devices.Values)
            {
                each.IsSetUp = false;
            }

            await CloseAsync();
        }

        return outcome;
    }

    private async Task CloseAsync()
    {
        try
        {
            await _thread.RunAsync(() =>
            {
                _ports.Close();
                return true;
            });
        }
        catch (BusException)
        {
            // The thread hangs: the first that is done when the kernel has come back closes it.
            _mustClose = true;
        }
    }

    /// <summary>What was measured ahead for these fields; null if there is none that is fresh. Nothing is under way after it.</summary>
    private async ValueTask<Measured?> TakeAheadAsync(ChipDevice<TPort> device, IReadOnlyList<int> asked)
    {
        if (device.Ahead is not { } ahead)
        {
            return null;
        }

        device.Ahead = null;
        using (ahead)
        {
            if (ahead.TryTakeBack())
            {
                return null;
            }

            var measured = await ahead.Measured!;
            return measured.Outcome.Status == ReadStatus.Answered
                && _timeProvider.GetElapsedTime(measured.Timestamp) <= MaxAge
                && asked.All(ahead.Fields.Contains)
                    ? measured
                    : null;
        }
    }

    private void MeasureLater(ChipDevice<TPort> device, IReadOnlyList<int> fields, TimeSpan delay)
    {
        var ahead = new AheadMeasurement(fields, _stopping.Token);
        ahead.Measured = MeasureAsync(device, ahead.BeginOnce(Measure(device, fields)), delay, ahead.Ending);
        device.Ahead = ahead;
    }

    private sealed class Reader(ChipBus<TPort> bus, ChipDevice<TPort> device, IReadOnlyList<PointDefinition> points) : IPointReader
    {
        private readonly int[] _fields = [.. points.Select(device.FieldOf).Distinct().Order()];
        private readonly TimeSpan _every = points.Min(point => point.Every);

        public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            if (device.OwnPace is { } pace)
            {
                var (last, values) = await pace.ReadAsync(
                    stopping => bus.MeasureAsync(device, bus.Measure(device, device.AllFields), TimeSpan.Zero, stopping), device.Values, _every, cancellationToken);
                Report(last, device, points, values, sink);
                return last.Outcome;
            }

            var began = bus._timeProvider.GetTimestamp();
            var ahead = await bus.TakeAheadAsync(device, _fields);
            var measured = ahead ?? await bus.MeasureAsync(device, bus.Measure(device, _fields), TimeSpan.Zero, cancellationToken);
            Report(measured, device, points, device.Values, sink);
            if (measured.Outcome.Status == ReadStatus.Answered && device.Waited > TimeSpan.Zero)
            {
                TimeSpan? readyFor = ahead is { } ready ? bus._timeProvider.GetElapsedTime(ready.Timestamp, began) : null;
                if (device.Expectation.TryExpectNext(_every, device.Waited, readyFor, out var delay))
                {
                    delay -= bus._timeProvider.GetElapsedTime(began);
                    bus.MeasureLater(device, _fields, delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
                }
            }

            return measured.Outcome;
        }
    }
}
