using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <summary>
/// Chips on one bus, which one thread speaks to. While a chip converts, the others are served; and a chip that takes its time is
/// told to begin before its read is due, so that the read finds its value there.
/// </summary>
/// <typeparam name="TPort">The way to a chip.</typeparam>
internal sealed class ChipBus<TPort> : IBus
{
    /// <summary>How long before a read is due a measurement should be over.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(5);

    /// <summary>The earliest that a measurement is begun before its time, where reads come sooner than they were expected.</summary>
    private static readonly TimeSpan MaxAdvance = TimeSpan.FromSeconds(1);

    /// <summary>A value that was measured ahead and is older than this is measured again.</summary>
    private static readonly TimeSpan MaxAge = MaxAdvance + TimeSpan.FromMilliseconds(200);

    private readonly IChipPorts<TPort> _ports;
    private readonly BusThread _thread;
    private readonly TimeProvider _timeProvider;
    private readonly BusJournal _journal;
    private readonly Dictionary<string, ChipDevice<TPort>> _devices;
    private readonly CancellationTokenSource _stopping = new();

    /// <param name="definition">A valid definition.</param>
    /// <param name="ports">The hardware.</param>
    /// <param name="devices">Its chips.</param>
    /// <param name="context">The clock, the log and the error counts.</param>
    /// <param name="sharesLines">Whether its chips hang on the same lines, so that one can hold them for all.</param>
    public ChipBus(BusDefinition definition, IChipPorts<TPort> ports, IEnumerable<ChipDevice<TPort>> devices, DriverContext context, bool sharesLines = true)
    {
        _ports = ports;
        _timeProvider = context.TimeProvider;
        _thread = new BusThread(definition.Name, _timeProvider);
        _journal = new BusJournal(definition.Name, context, sharesLines);
        _devices = devices.ToDictionary(device => device.Definition.Name);
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => new Reader(this, _devices[device.Name], points);

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var device = _devices[point.DeviceName];
        await TakeAheadAsync(device, []);
        string? refusal = null;
        try
        {
            await _thread.WalkAsync(Write(), TimeSpan.Zero, cancellationToken);
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

            refusal = device.Chip.Write(_ports.Open(device.Definition), device.FieldOf(point), value);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_devices.Values.Select(device => device.Ahead?.Measured).OfType<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync();
        await _thread.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task<Measured> MeasureAsync(ChipDevice<TPort> device, IEnumerable<TimeSpan> steps, TimeSpan delay, CancellationToken cancellationToken)
    {
        ReadOutcome outcome;
        try
        {
            await _thread.WalkAsync(steps, delay, cancellationToken);
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

        foreach (var wait in device.Chip.SetUp(_ports.Open(device.Definition)))
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
        foreach (var wait in device.Chip.Measure(_ports.Open(device.Definition), asked, device.Values))
        {
            device.Waited += wait;
            yield return wait;
        }
    }

    private async Task<ReadOutcome> JudgeAsync(ChipDevice<TPort> device, BusException fault)
    {
        device.IsSetUp = false;
        var outcome = _journal.Fails(device, fault);
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
            // The thread hangs: it is closed when the kernel has come back, and opened again by the next read.
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
            var began = bus._timeProvider.GetTimestamp();
            var ahead = await bus.TakeAheadAsync(device, _fields);
            var measured = ahead ?? await bus.MeasureAsync(device, bus.Measure(device, _fields), TimeSpan.Zero, cancellationToken);
            foreach (var point in points)
            {
                var reason = measured.Outcome.Reason;
                var value = reason is null ? device.Values.Get(device.FieldOf(point), out reason) : PointValue.None;
                sink.Report(reason is null ? Reading.Good(point, value, measured.Time) : Reading.Bad(point, reason, measured.Time));
            }

            if (measured.Outcome.Status == ReadStatus.Answered && device.Waited > TimeSpan.Zero)
            {
                Expect(began, ahead, device.Waited + Margin);
            }

            return measured.Outcome;
        }

        /// <summary>
        /// Expects the next read a period after this one. A late read is followed by one that is less late, and comes sooner than that:
        /// then the next is expected sooner, and where the value lies ready for long, later again.
        /// </summary>
        private void Expect(long began, Measured? ahead, TimeSpan lead)
        {
            if (_every <= 2 * lead)
            {
                return;
            }

            var most = _every / 2 < MaxAdvance ? _every / 2 : MaxAdvance;
            var early = ahead is { } ready ? bus._timeProvider.GetElapsedTime(ready.Timestamp, began) - Margin : TimeSpan.Zero;
            var advance = ahead is null ? (2 * device.Advance) + (_every / 8) : device.Advance - (early / 2);
            device.Advance = advance < TimeSpan.Zero ? TimeSpan.Zero : advance < most ? advance : most;
            var delay = _every - lead - device.Advance - bus._timeProvider.GetElapsedTime(began);
            bus.MeasureLater(device, _fields, delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        }
    }
}
