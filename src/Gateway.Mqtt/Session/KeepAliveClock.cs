namespace Gateway.Mqtt.Session;

/// <summary>
/// When to send PINGREQ, and when to give the server up. MQTT 5.0 §3.1.2.10. A PINGREQ leaves after three quarters of the Keep
/// Alive without sending, so that the interval holds on a slow line too, and likewise without receiving: data that flows into
/// a dead connection is no sign of life.
/// </summary>
internal sealed class KeepAliveClock(TimeSpan timeout)
{
    private TimeSpan _interval;
    private TimeSpan _lastSent;
    private TimeSpan _lastReceived;
    private TimeSpan? _pingSent;

    /// <summary>When <see cref="IsPingDue"/> or <see cref="IsServerSilent"/> may next turn true.</summary>
    public TimeSpan Deadline => _interval == TimeSpan.Zero
        ? TimeSpan.MaxValue
        : _pingSent is { } sent ? sent + timeout : Earlier(_lastSent, _lastReceived) + _interval;

    public bool IsPingDue(TimeSpan now) => _interval != TimeSpan.Zero && _pingSent is null && now >= Deadline;

    public bool IsServerSilent(TimeSpan now) => _pingSent is not null && now >= Deadline;

    /// <summary>A connection begins.</summary>
    /// <param name="keepAlive">Zero: no PINGREQ, and no half-open detection.</param>
    /// <param name="now">Now.</param>
    public void Start(TimeSpan keepAlive, TimeSpan now)
    {
        _interval = keepAlive * 0.75;
        _lastSent = now;
        _lastReceived = now;
        _pingSent = null;
    }

    public void Sent(TimeSpan now) => _lastSent = now;

    /// <summary>Any packet is a sign of life, not PINGRESP alone, which may be queued behind a long one.</summary>
    public void Received(TimeSpan now)
    {
        _lastReceived = now;
        _pingSent = null;
    }

    public void PingSent(TimeSpan now)
    {
        _lastSent = now;
        _pingSent = now;
    }

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
