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

    private TimeSpan _relayFrom;
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
    /// Carries another master's request when nothing is to be written: at once while no device is due, else in at most half of the time.
    /// </summary>
    /// <param name="unit">Whom it is for.</param>
    /// <param name="request">The request, in the bus's own protocol.</param>
    /// <param name="answer">Takes the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many bytes the answer has; 0: the bus carries no requests, is being stopped, or 16 wait already.</returns>
    public async ValueTask<int> RelayAsync(byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken)
    {
        var relay = new PendingRelay(unit, request.ToArray(), cancellationToken);
        if (_bus is not IRelayBus || !_relays.Writer.TryWrite(relay))
        {
            return 0;
        }

        _wake.Set();
        var bytes = await relay.Answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        bytes.CopyTo(answer);
        return bytes.Length;
    }

    private WriteOutcome? Enqueue(PendingWrite write)
    {
        if (!_writes.Writer.TryWrite(write))
        {
            return new WriteOutcome(_stopping.IsCancellationRequested ? "the bus is being stopped" : $"{WriteQueueLimit} writes wait for {Definition.Name} already; try again later");
        }

        _wake.Set();
        return null;
    }

    private async ValueTask CarryOutAsync(PendingWrite write)
    {
        var device = _schedule[write.Point.DeviceName];
        var wasFailing = device.IsFailing;
        if (wasFailing && !_schedule.MayProbe(Now, out var wait))
        {
            // Each try would hold the others up, and there may be many.
            write.Outcome.TrySetResult(new WriteOutcome($"{device.Device.Name} does not answer; it may be tried again in {Math.Ceiling(wait.TotalSeconds)} s"));
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

        var began = Now;
        BeginCall();
        var answer = new byte[LongestRelayed];
        var length = 0;
        try
        {
            length = await ((IRelayBus)_bus).RelayAsync(relay.Unit, relay.Request, answer, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Whoever waits is told that there is no answer.
        }
#pragma warning disable CA1031 // As for reads.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Log.DriverThrew(_context.Logger, Definition.Name, fault);
        }
        finally
        {
            relay.Answer.TrySetResult(answer[..length]);
            _meter.SetBusy(false, Now);
            _relayFrom = Now + (Now - began);
        }
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
            return new WriteOutcome("the bus was stopped before the answer came; the value may have been written");
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
        public TaskCompletionSource<byte[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
