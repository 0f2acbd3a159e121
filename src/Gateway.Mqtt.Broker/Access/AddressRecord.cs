namespace Gateway.Mqtt.Broker.Access;

/// <summary>What the broker remembers of one address. Times are milliseconds on the broker's clock. Not thread-safe.</summary>
internal sealed class AddressRecord(ClientAddress address, BrokerLimits limits)
{
    private const int MostKnownUsers = 64;

    private readonly LoginPace _logins = new(limits);
    private TokenBucket _connects = new(limits.ConnectRatePerAddress, TokenBucket.ConnectBurst);

    // Who has logged in from here is slowed by failures under the own name only: a neighbour behind the same address
    // that tries an old password, or guesses, does not keep them out.
    private Dictionary<string, LoginPace>? _knownUsers;

    public ClientAddress Address => address;

    public int Connections { get; set; }

    /// <summary>Its place among the addresses without a connection. Kept by <see cref="AddressTable"/>.</summary>
    public LinkedListNode<AddressRecord>? Away { get; set; }

    /// <summary>Whether another client may connect now.</summary>
    public bool TryConnect(long now) => _connects.TryTake(now);

    /// <summary>How long to wait before credentials from here are checked; false: they are to be refused unheard.</summary>
    /// <param name="userName">Whose they are; null when that is not known before.</param>
    /// <param name="now">The time.</param>
    /// <param name="wait">Milliseconds.</param>
    public bool TryBeginLogin(string? userName, long now, out long wait) => PaceOf(userName).TryBegin(now, out wait);

    /// <summary>Credentials from here were wrong.</summary>
    public void OnLoginFailed(string? userName, long now) => PaceOf(userName).OnFailed(now);

    /// <summary>The password from here was right.</summary>
    public void OnLoginSucceeded(string userName)
    {
        _knownUsers ??= new Dictionary<string, LoginPace>(StringComparer.Ordinal);
        if (_knownUsers.Count < MostKnownUsers && !_knownUsers.ContainsKey(userName))
        {
            _knownUsers.Add(userName, new LoginPace(limits));
        }
    }

    private LoginPace PaceOf(string? userName)
        => userName is not null && _knownUsers is not null && _knownUsers.TryGetValue(userName, out var pace) ? pace : _logins;
}
