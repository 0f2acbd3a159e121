using System.Threading.Channels;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Runtime.Polling;

/// <content>What others ask of the bus: writes, and requests of another master that are passed on.</content>
public sealed partial class BusPoller
{
    private const int WriteQueueLimit = 64;
    private const int RelayQueueLimit = 16;
    private const int LongestRelayed = 256;

    private readonly Channel<PendingWrite> _writes = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(WriteQueueLimit) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly Channel<PendingRelay> _relays = Channel.CreateBounded<PendingRelay>(
        new BoundedChannelOptions(RelayQueueLimit) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private RelayTurns _turns;
    private readonly Dictionary<byte, bool> _unitAnswers = [];
    private long _writeCount;

    /// <summary>
    /// Writes a raw value as soon as the bus is free, then reads the point so that its new value is published.
    /// Refused at once if 64 writes wait already.
    /// </summary>
    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var write = new PendingWrite(point, value);
        return Enqueue(write) ?? await write.Outcome.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As <see cref="WriteAsync(PointDefinition, PointValue, CancellationToken)"/>; ends after the point was read again.</summary>
    public async ValueTask<WriteOutcome> WriteAndReadAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var write = new PendingWrite(point, value);
        return Enqueue(write) ?? await write.ReadBack.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Carries another master's request when nothing is to be written and the bus's own polls don't suffer, see <see cref="RelayTurns"/>.
    /// A unit that is not known to answer is asked within the time for devices that don't, and not at all beyond it.
    /// </summary>
    /// <param name="unit">Whom it is for.</param>
    /// <param name="request">The request, in the bus's own protocol.</param>
    /// <param name="answer">Takes the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Busy at once if 16 wait already.</returns>
    public async ValueTask<RelayOutcome> RelayAsync(byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken)
    {
        var relay = new PendingRelay(unit, request.ToArray(), cancellationToken);
        if (_bus is not IRelayBus)
        {
            return new RelayOutcome(RelayStatus.BusFailed);
        }

        if (!_relays.Writer.TryWrite(relay))
        {
            return new RelayOutcome(_stopping.IsCancellationRequested ? RelayStatus.BusFailed : RelayStatus.Busy);
        }

        _wake.Set();
        var (status, bytes) = await relay.Answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        bytes.CopyTo(answer);
        return new RelayOutcome(status, bytes.Length);
    }

    private WriteOutcome? Enqueue(PendingWrite write)
    {
        if (!_writes.Writer.TryWrite(write))
        {
            return _stopping.IsCancellationRequested
                ? new WriteOutcome("the bus is being stopped") { Failure = WriteFailure.BusFailed }
                : new WriteOutcome($"{WriteQueueLimit} writes wait for {Definition.Name} already; try again later") { Failure = WriteFailure.Busy };
        }

        _wake.Set();
        return null;
    }

    private async ValueTask CarryOutAsync(PendingWrite write)
    {
        if (_schedule.Find(write.Point.DeviceName) is not { } device || !device.Device.Points.Contains(write.Point))
        {
            // It was scaled by what its map said before.
            write.Outcome.TrySetResult(new WriteOutcome($"the map of {write.Point} has changed; write it again") { Failure = WriteFailure.Busy });
            return;
        }

        var wasFailing = device.IsFailing;
        if (wasFailing && !_schedule.MayProbe(Now, out var wait))
        {
            // Each try would hold the others up, and there may be many.
            write.Outcome.TrySetResult(new WriteOutcome($"{device.Device.Name} does not answer; it may be tried again in {Math.Ceiling(wait.TotalSeconds)} s") { Failure = WriteFailure.NoAnswer });
            return;
        }

        var began = Now;
        var outcome = await WriteAsync(write).ConfigureAwait(false);
        write.Outcome.TrySetResult(outcome);
        if (wasFailing)
        {
            _schedule.Probed(began, Now);
        }

        if (outcome.Succeeded && !_stopping.IsCancellationRequested)
        {
            if (wasFailing)
            {
                device.ReadSoon(Now);
            }

            await ReadAsync(device, 0, write.Point).ConfigureAwait(false);
            _observer.PollFinished(device.Device);
        }
    }

    private async ValueTask CarryAsync(PendingRelay relay)
    {
        if (relay.Abandoned.IsCancellationRequested)
        {
            return;
        }

        var isKnown = _unitAnswers.TryGetValue(relay.Unit, out var answers);
        if (!answers && !_schedule.MayProbe(Now, out _))
        {
            relay.End(isKnown ? RelayStatus.NoAnswer : RelayStatus.Busy, []);
            return;
        }

        var (began, missed) = (Now, _schedule.Missed);
        BeginCall();
        var answer = new byte[LongestRelayed];
        var outcome = new RelayOutcome(RelayStatus.BusFailed);
        try
        {
            outcome = await ((IRelayBus)_bus).RelayAsync(relay.Unit, relay.Request, answer, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Whoever waits is told that there is no bus.
        }
#pragma warning disable CA1031 // As for reads.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DriverThrew(_context.Logger, Definition.Name, fault);
        }

        _meter.SetBusy(false, Now);
        _turns.Carried(began, Now, missed);
        if (outcome.Status is RelayStatus.Answered or RelayStatus.NoAnswer)
        {
            _unitAnswers[relay.Unit] = outcome.Status == RelayStatus.Answered;
        }

        if (outcome.Status == RelayStatus.NoAnswer)
        {
            _schedule.Probed(began, Now);
        }

        relay.End(outcome.Status, answer[..outcome.Length]);
    }

    private async ValueTask<WriteOutcome> WriteAsync(PendingWrite write)
    {
        BeginCall();
        Interlocked.Increment(ref _writeCount);
        try
        {
            return await _bus.WriteAsync(write.Point, write.Value, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return new WriteOutcome("the bus was stopped before the answer came; the value may have been written") { Failure = WriteFailure.BusFailed };
        }
#pragma warning disable CA1031 // As for reads.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DriverThrew(_context.Logger, Definition.Name, fault);
            _context.Errors.Count(write.Point.DeviceName, DriverFault);
            return new WriteOutcome("the driver failed; the log says why");
        }
        finally
        {
            _meter.SetBusy(false, Now);
        }
    }

    private sealed record PendingRelay(byte Unit, byte[] Request, CancellationToken Abandoned)
    {
        public TaskCompletionSource<(RelayStatus Status, byte[] Answer)> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End(RelayStatus status, byte[] answer) => Answer.TrySetResult((status, answer));
    }

    private sealed record PendingWrite(PointDefinition Point, PointValue Value)
    {
        public TaskCompletionSource<WriteOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The same, once the point was read again.</summary>
        public TaskCompletionSource<WriteOutcome> ReadBack { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End(WriteOutcome outcome)
        {
            Outcome.TrySetResult(outcome);
            ReadBack.TrySetResult(outcome);
        }
    }
}
