namespace Gateway.Mqtt.Broker.Access;

/// <summary>What the broker remembers of one address. Times are milliseconds on the broker's clock. Not thread-safe.</summary>
internal sealed class AddressRecord(ClientAddress address, BrokerLimits limits)
{
    // A typing error or two cost nothing, and are forgotten soon.
    private const int FreeFailures = 3;
    private const long ForgetOneAfter = 60_000;
    private const long FirstDelay = 250;
    private const int MostDoublings = 16;

    private TokenBucket _connects = new(limits.ConnectRatePerAddress, TokenBucket.ConnectBurst);
    private int _failures;
    private long _failuresAt;
    private long _nextLoginAt;

    public ClientAddress Address => address;

    public int Connections { get; set; }

    /// <summary>Its place among the addresses without a connection. Kept by <see cref="AddressTable"/>.</summary>
    public LinkedListNode<AddressRecord>? Away { get; set; }

    /// <summary>Whether another client may connect now.</summary>
    public bool TryConnect(long now) => _connects.TryTake(now);

    /// <summary>
    /// How long to wait before credentials from here are checked. After some failures those that come at the same time
    /// wait for each other; false when the wait would be longer than a client has: it is to be refused unheard.
    /// </summary>
    public bool TryBeginLogin(long now, out long wait)
    {
        Forget(now);
        wait = 0;
        if (_failures <= FreeFailures)
        {
            return true;
        }

        wait = Math.Max(0, _nextLoginAt - now);
        if (wait > limits.ConnectTimeout.TotalMilliseconds / 2)
        {
            return false;
        }

        _nextLoginAt = now + wait + Delay;
        return true;
    }

    /// <summary>Credentials from here were wrong.</summary>
    public void OnLoginFailed(long now)
    {
        Forget(now);
        _failures++;
        if (_failures > FreeFailures)
        {
            _nextLoginAt = Math.Max(_nextLoginAt, now + Delay);
        }
    }

    private long Delay
        => Math.Min(FirstDelay << Math.Min(_failures - FreeFailures - 1, MostDoublings), (long)limits.LoginDelay.TotalMilliseconds);

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
