using System.Diagnostics.CodeAnalysis;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Polling;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Drains a queue through a client, in the reader's order, with as many messages under way as the connection is worth; a record leaves the
/// queue on PUBACK or PUBCOMP only, or when the server refuses it for good. One run.
/// </summary>
/// <param name="client">Its owner connects and disposes it.</param>
/// <param name="reader">The queue.</param>
/// <param name="encode">Makes the message of a record; null: there is none to send, and the record leaves the queue.</param>
/// <param name="health">Counts what was published and refused.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="rate">Messages a second at most that are neither urgent nor live; null: as many as go.</param>
/// <param name="left">Is told of each position that left the queue; null: nobody is.</param>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync, whose end is its end, disposes them.")]
internal sealed class QueueDrain(
    MqttClient client, QueueReader reader, Func<QueueRecord, ApplicationMessage?> encode, UplinkHealth health, TimeProvider timeProvider, int? rate = null, Action<long>? left = null)
    : IPublishCompletion
{
    private const int BatchSize = 256;

    // Of the client's room; the rest is for what is live or urgent.
    private const int LargestWindow = 1800;

    private static readonly TimeSpan RefusalPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestGrant = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FinishCheck = TimeSpan.FromMilliseconds(20);

    private readonly WakeSignal _room = new(timeProvider);
    private readonly Lock _readGate = new();
    private readonly Lock _paceGate = new();
    private readonly BacklogPace _pace = new(LargestWindow);
    private long _timedPosition; // of the message whose time is being taken; 0: none
    private long _timedFrom;
    private long _epoch;
    private CancellationTokenSource? _reading;
    private volatile bool _mustRewind;
    private volatile bool _mustPause;

    /// <summary>Drains until it is stopped; what was not acknowledged by then stays in the queue.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(DrainAsync(stop), GrantAsync(stop));

    private async Task DrainAsync(CancellationToken stop)
    {
        var records = new QueueRecord[BatchSize];
        using var waking = stop.Register(_room.Set);
        try
        {
            while (true)
            {
                await client.WaitForConnectionAsync(stop).ConfigureAwait(false);
                BeginConnection();
                await RewindIfNeededAsync(stop).ConfigureAwait(false);
                var count = await ReadAsync(records, stop).ConfigureAwait(false);
                for (var i = 0; i < count; i++)
                {
                    await SendAsync(records[i], stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
        finally
        {
            _room.Dispose();
        }
    }

    /// <summary>Lets it go on while the client is connected, until nothing is left or the token is cancelled; what is left then waits on the disk.</summary>
    public async Task FinishAsync(Func<bool> isEmpty, CancellationToken cancellationToken)
    {
        while (client.State == MqttClientState.Connected && !isEmpty() && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(FinishCheck, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    void IPublishCompletion.Completed(long token, PublishResult result)
    {
        TakeTime(token);
        if (result.IsAccepted)
        {
            Acknowledge(token);
            health.CountPublished();
        }
        else if (result.Outcome == PublishOutcome.Refused && !result.ReasonCode.IsTransient())
        {
            // Sent again it would be refused again, and nothing behind it would ever leave.
            Acknowledge(token);
            health.CountRefused(result.ReasonCode);
        }
        else
        {
            _mustPause |= result.Outcome == PublishOutcome.Refused;
            RequestRewind();
        }

        _room.Set();
    }

    private void Acknowledge(long position)
    {
        reader.Acknowledge(position);
        left?.Invoke(position);
    }

    /// <returns>How many records were read; 0 when some must be read again first.</returns>
    private async ValueTask<int> ReadAsync(QueueRecord[] records, CancellationToken stop)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stop);
        lock (_readGate)
        {
            if (_mustRewind)
            {
                return 0;
            }

            _reading = reading;
        }

        try
        {
            return await reader.ReadAsync(records, reading.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            lock (_readGate)
            {
                _reading = null;
            }
        }
    }

    // A read may be waiting for new records while old ones are due again.
    private void RequestRewind()
    {
        lock (_readGate)
        {
            _mustRewind = true;
            _reading?.CancelAfter(TimeSpan.Zero); // not Cancel: the read must not go on within the client's callback
        }
    }

    private async ValueTask SendAsync(QueueRecord record, CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();

            // What was read for an earlier connection has waited for this one.
            var isLate = reader.Order == DrainOrder.LiveFirst && client.Epoch != _epoch;
            if (encode(isLate ? record with { IsBacklog = true } : record) is not { } message)
            {
                Acknowledge(record.Position);
                return;
            }

            BeginTime(record.Position);
            switch (client.TryPublish(message, this, record.Position))
            {
                case PublishAdmission.Accepted:
                    return;
                case PublishAdmission.NotConnected:
                    await client.WaitForConnectionAsync(stop).ConfigureAwait(false);
                    break;
                default:
                    await _room.WaitAsync(RefusalPause).ConfigureAwait(false);
                    break;
            }
        }
    }

    private void BeginConnection()
    {
        if (client.Epoch == _epoch)
        {
            return;
        }

        _epoch = client.Epoch;
        lock (_paceGate)
        {
            _timedPosition = 0;
            _pace.Restart();
            reader.Window = _pace.Window;
        }

        reader.BeginLive();
    }

    private void BeginTime(long position)
    {
        lock (_paceGate)
        {
            if (_timedPosition == 0)
            {
                (_timedPosition, _timedFrom) = (position, timeProvider.GetTimestamp());
            }
        }
    }

    private void TakeTime(long position)
    {
        lock (_paceGate)
        {
            if (_timedPosition == position)
            {
                _timedPosition = 0;
                var before = _pace.Window;
                _pace.Observe(timeProvider.GetElapsedTime(_timedFrom));
                if (_pace.Window != before)
                {
                    reader.Window = _pace.Window;
                }
            }
        }
    }

    // The rate is kept over the shortest time in which at least one message is due.
    private async Task GrantAsync(CancellationToken stop)
    {
        if (rate is not { } perSecond)
        {
            return;
        }

        var period = TimeSpan.FromSeconds(1.0 / perSecond) is var one && one > ShortestGrant ? one : ShortestGrant;
        var granted = 0L;
        var from = timeProvider.GetTimestamp();
        using var timer = new PeriodicTimer(period, timeProvider);
        try
        {
            do
            {
                var due = (long)(timeProvider.GetElapsedTime(from).TotalSeconds * perSecond);
                reader.Allow((int)Math.Min(due - granted, perSecond));
                granted = due;
            }
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    // Messages that ended without arriving are read again, in order, with whatever else is not acknowledged.
    private async ValueTask RewindIfNeededAsync(CancellationToken stop)
    {
        if (!_mustRewind)
        {
            return;
        }

        if (_mustPause)
        {
            _mustPause = false;
            await Task.Delay(RefusalPause, timeProvider, stop).ConfigureAwait(false);
        }

        while (client.Outstanding > 0 && client.State == MqttClientState.Connected)
        {
            await _room.WaitAsync(RefusalPause).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }

        _mustRewind = false;
        reader.Rewind();
    }
}
