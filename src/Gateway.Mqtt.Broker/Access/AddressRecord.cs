using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>What the broker remembers of one address. Times are milliseconds on the broker's clock. Not thread-safe.</summary>
internal sealed class AddressRecord(ClientAddress address, BrokerLimits limits, Deadlines deadlines)
{
    private const int MostKnownUsers = 64;

    private readonly LoginPace _logins = new(limits, deadlines);
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

    /// <summary>Credentials from here are to be checked.</summary>
    /// <param name="userName">Whose they are; null when that is not known before.</param>
    /// <param name="now">The time.</param>
    public LoginTry BeginLogin(string? userName, long now) => PaceOf(userName).Begin(userName, now);

    /// <summary>That user has proved to be it from here.</summary>
    public void OnLoginSucceeded(string userName)
    {
        _knownUsers ??= new Dictionary<string, LoginPace>(StringComparer.Ordinal);
        if (_knownUsers.Count < MostKnownUsers && !_knownUsers.ContainsKey(userName))
        {
            _knownUsers.Add(userName, new LoginPace(limits, deadlines));
        }
    }

    private LoginPace PaceOf(string? userName)
        => userName is not null && _knownUsers is not null && _knownUsers.TryGetValue(userName, out var pace) ? pace : _logins;
}
