using System.Diagnostics.CodeAnalysis;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Polling;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Drains a queue through a client, in the reader's order, with as many messages under way as the connection is worth; a record leaves the
/// queue on PUBACK or PUBCOMP only; one that the server does not take is parked. One run.
/// </summary>
/// <param name="client">Its owner connects and disposes it.</param>
/// <param name="reader">The queue.</param>
/// <param name="encode">
/// Makes the message of a record; null: there is none to send any more, and the record leaves the queue. Throws <see cref="InvalidDataException"/>
/// if it cannot be read: then it is parked.
/// </param>
/// <param name="health">Counts what was published and refused.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="parkAfter">Refusals after which a message is parked that may be taken another time.</param>
/// <param name="maximumInFlight">The client's.</param>
/// <param name="rate">Messages a second at most that are neither urgent nor live; null: as many as go.</param>
/// <param name="clockWait">How long the backlog waits for the machine's clock; null: not at all.</param>
/// <param name="changed">Is told when it begins or ends to wait for that; null: nobody is.</param>
/// <param name="left">Is told of each position that left the queue because it arrived or is of no use any more; null: nobody is.</param>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync, whose end is its end, disposes them.")]
internal sealed class QueueDrain(
    MqttClient client, QueueReader reader, Func<QueueRecord, ApplicationMessage?> encode, UplinkHealth health, TimeProvider timeProvider, int parkAfter, int maximumInFlight, int? rate = null, ClockWait? clockWait = null, Action? changed = null, Action<long>? left = null)
    : IPublishCompletion
{
    private const int BatchSize = 256;

    // Of the client's room, three quarters: what is live or urgent has a third as much at least, as the backlog has of it.
    private const int LargestWindow = 1500;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestGrant = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ClockCheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FinishCheck = TimeSpan.FromMilliseconds(20);

    private readonly RefusedMessages _refused = new(reader, parkAfter, timeProvider);
    private readonly RefusalPause _pause = new();
    private readonly WakeSignal _room = new(timeProvider);
    private readonly Lock _readGate = new();
    private readonly Lock _paceGate = new();
    private readonly Lock _clockGate = new();
    private readonly BacklogPace _pace = new(LargestWindow);
    private long _timedPosition; // of the message whose time is being taken; 0: none
    private long _timedFrom;
    private long _epoch;
    private volatile ConnAckPacket? _server;
    private CancellationTokenSource? _reading;
    private volatile bool _mustRewind;
    private volatile bool _mustPause;
    private volatile bool _isWaitingForClock;
    private long _clockEpoch; // of the connection that began to wait last

    /// <summary>Whether the backlog, of which there is some, waits for the machine's clock.</summary>
    public bool IsWaitingForClock => _isWaitingForClock;

    /// <summary>Drains until it is stopped; what was not acknowledged by then stays in the queue.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await Task.WhenAll(DrainAsync(stop), GrantAsync(stop), WatchClockAsync(stop), _refused.RunAsync(stop)).ConfigureAwait(false);
        _refused.Dispose();
    }

    /// <summary>A connection was accepted: messages ask for no more than the server has.</summary>
    public void Connected(ConnAckPacket server) => _server = server;

    /// <summary>Takes up what an earlier run had sent at QoS 2, so that it is not sent as new. Before the client's first connection.</summary>
    public void ResumeSession()
    {
        reader.Secured = client.Stored;
        foreach (var (label, record, hasArrived) in reader.TakeDeparted(maximumInFlight))
        {
            client.Restore(label, record is null ? null : Encode(record), hasArrived, this, record?.Position ?? 0);
        }
    }

    private async Task DrainAsync(CancellationToken stop)
    {
        var records = new QueueRecord[BatchSize];
        using var waking = stop.Register(_room.Set);
        try
        {
            while (true)
            {
                await client.WaitForConnectionAsync(stop).ConfigureAwait(false);
                await RewindIfNeededAsync(stop).ConfigureAwait(false);
                BeginConnection();
                var count = await ReadAsync(records, stop).ConfigureAwait(false);
                for (var i = 0; i < count && await SendAsync(records[i], stop).ConfigureAwait(false); i++)
                {
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

    /// <summary>Lets it go on while the client is connected, until nothing is left, what is left waits for the clock, or the token is cancelled; what is left then waits on the disk.</summary>
    public async Task FinishAsync(Func<bool> isEmpty, CancellationToken cancellationToken)
    {
        while (client.State == MqttClientState.Connected && !isEmpty() && !(_isWaitingForClock && client.Outstanding == 0) && !cancellationToken.IsCancellationRequested)
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
            _refused.Taken(token);
            _pause.Reset();
            health.CountPublished();
        }
        else if (result.Outcome == PublishOutcome.Refused)
        {
            OnRefused(token, result);
        }
        else
        {
            RequestRewind();
        }

        _room.Set();
    }

    private void OnRefused(long position, PublishResult result)
    {
        var code = result.ReasonCode;
        var kind = result.EndsConnections ? RefusalKind.Never : Refusals.Judge(code);
        if (kind == RefusalKind.Never || (kind == RefusalKind.Perhaps && _refused.Add(position)))
        {
            // Sent again it would be refused again, and it must not hold up what is behind it.
            Park(position, result.EndsConnections ? "the broker ends the connection" : $"{code}");
        }
        else if (kind == RefusalKind.Perhaps)
        {
            health.SetHindrance($"{code}: refused messages are tried again");
            SetWindow();
        }
        else
        {
            _mustPause = true;
            health.SetHindrance($"{code}: it is tried again with pauses up to 30 s");
            RequestRewind();
        }
    }

    private void Park(long position, string reason)
    {
        reader.Park(position, reason);
        health.CountRefused(reason);
    }

    // Null: there is nothing to send, or nothing that can be read, and the queue is rid of it.
    private ApplicationMessage? Encode(QueueRecord record)
    {
        try
        {
            if (encode(record) is { } message)
            {
                return message;
            }

            Acknowledge(record.Position);
        }
        catch (InvalidDataException)
        {
            // What the disk has made of it nobody can send, and it must not hold up what is behind it.
            Park(record.Position, "unreadable");
        }

        return null;
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

    // False: it, and what was read with it, is read again.
    private async ValueTask<bool> SendAsync(QueueRecord record, CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            record = reader.Correct(record);
            if (record.IsUnsynchronised && clockWait is not null)
            {
                if ((client.State != MqttClientState.Connected || client.Epoch != _epoch) && !record.IsUrgent)
                {
                    // On another connection it is backlog, which may wait for the clock.
                    RequestRewind();
                    return false;
                }

                // No more than may be sent at once: what the client keeps behind that would leave as it is now, whatever is known of the time by then.
                if (client.Outstanding >= Math.Min(maximumInFlight, _server?.ReceiveMaximum ?? ushort.MaxValue))
                {
                    await _room.WaitAsync(LongestSleep).ConfigureAwait(false);
                    continue;
                }
            }

            // What was read for an earlier connection has waited for this one: among the backlog it has its place, and what is urgent has no other.
            var isLate = reader.Order == DrainOrder.LiveFirst && client.Epoch != _epoch;
            if (isLate && record is { IsBacklog: false, IsUrgent: false })
            {
                RequestRewind();
                return false;
            }

            if (Encode(isLate ? record with { IsBacklog = true } : record) is not { } message)
            {
                return true;
            }

            BeginTime(record.Position);
            switch (client.TryPublish(Fit(message), this, record.Position))
            {
                case PublishAdmission.Accepted:
                    return true;
                case PublishAdmission.NotConnected:
                    await client.WaitForConnectionAsync(stop).ConfigureAwait(false);
                    break;
                default:
                    await _room.WaitAsync(LongestSleep).ConfigureAwait(false);
                    break;
            }
        }
    }

    private ApplicationMessage Fit(ApplicationMessage message) =>
        _server is { } server && (message.QoS > server.MaximumQoS || (message.Retain && !server.RetainAvailable))
            ? message with { QoS = message.QoS < server.MaximumQoS ? message.QoS : server.MaximumQoS, Retain = message.Retain && server.RetainAvailable }
            : message;

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
        }

        _refused.BeginConnection();
        SetWindow();
        lock (_clockGate)
        {
            _clockEpoch = _epoch;
            reader.HoldsForClock = clockWait?.Begin() ?? false;
        }

        reader.BeginLive();
    }

    // Until the time is known, which is never forgotten again.
    private async Task WatchClockAsync(CancellationToken stop)
    {
        if (clockWait is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(ClockCheck, timeProvider);
        try
        {
            var isOver = false;
            while (!isOver && await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                isOver = clockWait.IsOver;
                WatchClock(clockWait, isOver);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private void WatchClock(ClockWait wait, bool isOver)
    {
        lock (_clockGate)
        {
            // A wait is as long as its connections: this one may be gone, or may not have begun to wait.
            if (!isOver && (client.State != MqttClientState.Connected || client.Epoch != _clockEpoch))
            {
                return;
            }

            var isHolding = reader.IsHolding;
            var goesOn = wait.Continue(isHolding, reader.IsBacklogDone);
            reader.HoldsForClock = goesOn;
            if (_isWaitingForClock == (isHolding && goesOn))
            {
                return;
            }

            _isWaitingForClock = !_isWaitingForClock;
        }

        changed?.Invoke();
    }

    // Those that were refused and wait take nothing from those that are under way.
    private void SetWindow()
    {
        lock (_paceGate)
        {
            reader.Window = _pace.Window + Math.Min(_refused.Waiting, RefusedMessages.Room);
        }
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
                    SetWindow();
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
            await Task.Delay(_pause.Next(), timeProvider, stop).ConfigureAwait(false);
        }

        // What the client has under way it sends itself, over other connections too: read again it would go twice.
        while (client.Outstanding > 0)
        {
            await _room.WaitAsync(LongestSleep).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }

        _mustRewind = false;
        _refused.Rewound();
        reader.Rewind();
    }
}
