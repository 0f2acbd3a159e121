using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Runtime.Polling;

/// <summary>
/// The owner of one bus: a loop that makes one call at a time, writes before reads, reads in order of their deadlines.
/// A driver that throws costs its own bus one failed read, never the loop.
/// </summary>
public sealed partial class BusPoller : IAsyncDisposable
{
    private const int ReaderCacheLimit = 1024;

    /// <summary>After so many writes a read that is due gets its turn.</summary>
    private const int MaxWritesInARow = 4;

    private const string DriverFault = "driver-fault";

    private readonly IBus _bus;
    private readonly IPollObserver _observer;
    private readonly PollOptions _options;
    private readonly DriverContext _context;
    private readonly TimeProvider _timeProvider;
    private readonly BusSchedule _schedule;
    private readonly BusMeter _meter = new();
    private readonly WakeSignal _wake;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<(DeviceSchedule Device, ulong Mask), IPointReader> _readers = [];
    private readonly ConcurrentDictionary<string, DeviceState> _states = [];
    private readonly ConcurrentDictionary<string, bool> _contradicted = [];
    private readonly long _started;
    private volatile BusDefinition _definition;
    private volatile IReadOnlyDictionary<string, DeviceDefinition> _devices;
    private Task? _loop;
    private int _writesInARow;
    private long _polls;
    private long _failures;

    /// <param name="definition">The bus and its devices.</param>
    /// <param name="bus">The bus itself; the poller disposes it.</param>
    /// <param name="observer">Takes what the loop tells.</param>
    /// <param name="options">When failed devices are asked again.</param>
    /// <param name="context">What was lent to the bus: the clock of the schedule, the log, which tells changes of state and not attempts, and the error counts.</param>
    public BusPoller(BusDefinition definition, IBus bus, IPollObserver observer, PollOptions options, DriverContext context)
    {
        (_definition, _devices) = (definition, definition.Devices.ToDictionary(device => device.Name));
        _bus = bus;
        _observer = observer;
        _options = options;
        _context = context;
        _timeProvider = context.TimeProvider;
        _schedule = new BusSchedule(definition, options);
        _turns = new RelayTurns(_schedule.PollsPerSecond);
        _wake = new WakeSignal(_timeProvider);
        _started = _timeProvider.GetTimestamp();
        Deadline = new HangDeadline(_timeProvider, options.HangLimit);
    }

    /// <summary>What is polled.</summary>
    public BusDefinition Definition
    {
        get => _definition;
        private set => (_definition, _devices) = (value, value.Devices.ToDictionary(device => device.Name));
    }

    /// <summary>Where it tells how late and how long its reads are; null: nowhere.</summary>
    internal PollingInstruments? Instruments { get; init; }

    /// <summary>When the call in progress hangs; what was lent to the bus extends it.</summary>
    internal HangDeadline Deadline { get; init; }

    /// <summary>What went wrong, by device and reason.</summary>
    public ErrorCounts Errors => _context.Errors;

    /// <summary>
    /// False once a step of a read or write has taken longer than it may by <see cref="PollOptions.HangLimit"/>, or the loop did not come back from
    /// its sleep. A driver tells of steps by <see cref="DriverContext.Progress"/>; else all of a call is one.
    /// </summary>
    public bool IsHealthy => !Deadline.IsPast;

    /// <summary>What the bus did so far, and in the last minute.</summary>
    public BusStatistics Statistics
    {
        get
        {
            var (utilisation, lateness) = _meter.Measure(Now);
            return new BusStatistics(
                Interlocked.Read(ref _polls), Interlocked.Read(ref _failures), _schedule.Missed, Interlocked.Read(ref _writeCount), utilisation, lateness);
        }
    }

    private TimeSpan Now => _timeProvider.GetElapsedTime(_started);

    /// <summary>Adds the lateness of the last minute's reads to that of other buses.</summary>
    internal void AddLatenessTo(DurationHistogram others) => _meter.AddLatenessTo(others, Now);

    /// <summary>Begins to poll. Once only.</summary>
    public void Start()
    {
        Deadline.Begin(TimeSpan.Zero);
        _loop ??= Task.Run(RunAsync);
    }

    /// <summary>Stops polling, after the call in progress was cancelled, and closes the bus. Writes that still wait are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _writes.Writer.TryComplete();
        _relays.Writer.TryComplete();
        _wake.Set();
        if (_loop is not null)
        {
            await _loop.ConfigureAwait(false);
        }

        while (_writes.Reader.TryRead(out var write))
        {
            write.End(new WriteOutcome("the bus was stopped") { Failure = WriteFailure.BusFailed });
        }

        while (_relays.Reader.TryRead(out var relay))
        {
            relay.End(RelayStatus.BusFailed, []);
        }

        try
        {
            await _bus.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // As for reads: it concerns its own bus, and what else is stopped or started goes on.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DriverThrewAtTheEnd(_context.Logger, Definition.Name, fault);
        }

        _wake.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var listening = _bus is IListeningBus speaker ? ListenAsync(speaker) : Task.CompletedTask;
        while (!_stopping.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _reload, null) is { } reload)
            {
                await TakeUpAsync(reload).ConfigureAwait(false);
            }

            HeedContradictions();
            var now = Now;
            var device = _schedule.Next(now, out var due);
            if ((device is null || _writesInARow < MaxWritesInARow) && _writes.Reader.TryRead(out var write))
            {
                _writesInARow++;
                await CarryOutAsync(write).ConfigureAwait(false);
                write.ReadBack.TrySetResult(await write.Outcome.Task.ConfigureAwait(false));
            }
            else if (RelaysFrom(device is not null) <= now && _relays.Reader.TryRead(out var relay))
            {
                await CarryAsync(relay).ConfigureAwait(false);
            }
            else if (device is not null)
            {
                _writesInARow = 0;
                await PollAsync(device, now).ConfigureAwait(false);
            }
            else
            {
                // A request of another master that waits may have its turn before.
                due = RelaysFrom(isDeviceDue: false) is var turn && turn < due ? turn : due;
                Deadline.Begin(due - now);
                await _wake.WaitAsync(due - now).ConfigureAwait(false);
            }
        }

        Interlocked.Exchange(ref _reload, null)?.Done.TrySetResult(false);
        await listening.ConfigureAwait(false);
    }

    // For ever if none waits.
    private TimeSpan RelaysFrom(bool isDeviceDue) => _relays.Reader.Count > 0 ? _turns.From(isDeviceDue, _schedule.Missed) : TimeSpan.MaxValue;

    private void HeedContradictions()
    {
        if (_contradicted.IsEmpty)
        {
            return;
        }

        foreach (var name in _contradicted.Keys)
        {
            if (_contradicted.TryRemove(name, out _))
            {
                _schedule.Find(name)?.ReadSoon(Now);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PollAsync(DeviceSchedule device, TimeSpan now)
    {
        var isProbe = device.IsFailing;
        if (!isProbe)
        {
            _meter.AddLateness(now - device.Due, now);
            Instruments?.AddLateness(now - device.Due, Definition.Name);
        }

        var mask = device.DueGroups(now);
        var outcome = await ReadAsync(device, mask, null).ConfigureAwait(false);
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        if (outcome.Status == ReadStatus.Listening)
        {
            _schedule.Succeed(device, mask, now);
            return;
        }

        _observer.PollFinished(device.Device);
        Interlocked.Increment(ref outcome.Status == ReadStatus.Answered ? ref _polls : ref _failures);
        if (isProbe)
        {
            _schedule.Probed(now, Now);
        }

        switch (outcome.Status)
        {
            case ReadStatus.Answered:
                _schedule.Succeed(device, mask, now);
                if (ChangeState(device.Device, null))
                {
                    // Points of slower groups were reported bad with the device; they need not stay so until their own turn.
                    device.ReadRest(mask, now);
                }

                break;
            case ReadStatus.NoAnswer:
                _schedule.Fail(device, mask, Now);
                FailDevice(device.Device, outcome.Reason ?? "no-answer");
                break;
            default:
                _schedule.FailBus(Now);
                foreach (var each in Definition.Devices)
                {
                    FailDevice(each, outcome.Reason ?? "bus-failed");
                }

                break;
        }
    }

    /// <summary>Reads a device's groups, or one of its points.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOutcome> ReadAsync(DeviceSchedule device, ulong mask, PointDefinition? point)
    {
        var began = BeginCall();
        try
        {
            var reader = point is null ? ReaderFor(device, mask) : _bus.CreateReader(device.Device, [point]);
            return await reader.ReadAsync(_observer, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return ReadOutcome.Answered;
        }
#pragma warning disable CA1031 // A driver's fault, whatever it is, must not end the polling of its bus.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DriverThrew(_context.Logger, Definition.Name, fault);
            _context.Errors.Count(device.Device.Name, DriverFault);
            // The device's, not the bus's: what one device's answer does to its driver must not keep the others from being read.
            return new ReadOutcome(ReadStatus.NoAnswer, DriverFault);
        }
        finally
        {
            var now = Now;
            _meter.SetBusy(false, now);
            Instruments?.AddDuration(now - began, Definition.Name);
        }
    }

    private TimeSpan BeginCall()
    {
        var now = Now;
        Deadline.Begin(TimeSpan.Zero);
        _meter.SetBusy(true, now);
        return now;
    }

    // A listener that fails begins anew: else counts would stand still, and look as good as before.
    private async Task ListenAsync(IListeningBus bus)
    {
        var pause = _options.BusRetryMinimum;
        while (!await TryListenAsync(bus).ConfigureAwait(false))
        {
            await Task.Delay(pause, _timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < _options.DeviceRetryMaximum ? pause * 2 : _options.DeviceRetryMaximum;
        }
    }

    private async Task<bool> TryListenAsync(IListeningBus bus)
    {
        try
        {
            _stopping.Token.ThrowIfCancellationRequested();
            await bus.ListenAsync(new SpontaneousSink(this), _stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return true;
        }
#pragma warning disable CA1031 // As for reads.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DriverThrew(_context.Logger, Definition.Name, fault);
            return false;
        }
    }

    private IPointReader ReaderFor(DeviceSchedule device, ulong mask)
    {
        if (_readers.TryGetValue((device, mask), out var reader))
        {
            return reader;
        }

        if (_readers.Count >= ReaderCacheLimit)
        {
            _readers.Clear();
        }

        return _readers[(device, mask)] = _bus.CreateReader(device.Device, device.PointsOf(mask));
    }

    // Points that this read did not cover fail with their device: no value of a device that is away looks fresh.
    private void FailDevice(DeviceDefinition device, string reason)
    {
        if (!ChangeState(device, reason))
        {
            return;
        }

        var time = _timeProvider.GetUtcNow();
        foreach (var point in device.Points)
        {
            _observer.Report(Reading.Bad(point, reason, time));
        }

        _observer.PollFinished(device);
    }

    private bool ChangeState(DeviceDefinition device, string? reason)
    {
        var isOnline = reason is null;
        if (_states.TryGetValue(device.Name, out var state) && state.IsOnline == isOnline)
        {
            return false;
        }

        state = new DeviceState(isOnline, _timeProvider.GetUtcNow(), reason);
        _states[device.Name] = state;
        if (isOnline)
        {
            Log.DeviceOnline(_context.Logger, _bus.Describe(device), Definition.Name);
        }
        else
        {
            Log.DeviceOffline(_context.Logger, _bus.Describe(device), Definition.Name, reason!);
        }

        _observer.DeviceChanged(device, state);
        return true;
    }

    // A device that speaks, or falls silent, against what its last read said is read anew: that is what its state is taken from.
    private void OnSpontaneous(string device, bool isHeard)
    {
        if (!_states.TryGetValue(device, out var state) || state.IsOnline != isHeard)
        {
            _contradicted[device] = true;
            _wake.Set();
        }
    }

    // What comes by itself is a poll of its own.
    private sealed class SpontaneousSink(BusPoller poller) : IListeningSink
    {
        public void Report(in Reading reading) => poller._observer.Report(reading);

        public void Finish(string device, bool isHeard)
        {
            // What a device says while it is taken from the bus is nobody's.
            if (poller._devices.TryGetValue(device, out var definition))
            {
                poller._observer.PollFinished(definition);
                poller.OnSpontaneous(device, isHeard);
            }
        }
    }
}
