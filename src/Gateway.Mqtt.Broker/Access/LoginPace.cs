namespace Gateway.Mqtt.Broker.Access;

/// <summary>Slows log-ins after failures. Times are milliseconds on the broker's clock. Not thread-safe.</summary>
internal sealed class LoginPace(BrokerLimits limits)
{
    // A typing error or two cost nothing, and are forgotten soon.
    private const int FreeFailures = 3;
    private const long ForgetOneAfter = 60_000;
    private const long FirstDelay = 250;
    private const int MostDoublings = 16;

    private int _failures;
    private long _failuresAt;
    private long _nextAt;

    private long Delay
        => Math.Min(FirstDelay << Math.Min(_failures - FreeFailures - 1, MostDoublings), (long)limits.LoginDelay.TotalMilliseconds);

    /// <summary>
    /// How long to wait before credentials are checked. After some failures those that come at the same time wait for
    /// each other; false when the wait would be longer than a client has: it is to be refused unheard.
    /// </summary>
    public bool TryBegin(long now, out long wait)
    {
        Forget(now);
        wait = 0;
        if (_failures <= FreeFailures)
        {
            return true;
        }

        wait = Math.Max(0, _nextAt - now);
        if (wait > limits.ConnectTimeout.TotalMilliseconds / 2)
        {
            return false;
        }

        _nextAt = now + wait + Delay;
        return true;
    }

    /// <summary>Credentials were wrong.</summary>
    public void OnFailed(long now)
    {
        Forget(now);
        _failures++;
        if (_failures > FreeFailures)
        {
            _nextAt = Math.Max(_nextAt, now + Delay);
        }
    }

    private void Forget(long now)
    {
        var forgotten = (now - _failuresAt) / ForgetOneAfter;
        _failuresAt += forgotten * ForgetOneAfter;
        _failures = (int)Math.Max(0, _failures - forgotten);
        if (_failures == 0)
        {
            _failuresAt = now;
        }
    }
}
