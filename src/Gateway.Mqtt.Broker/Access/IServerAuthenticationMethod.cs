namespace Gateway.Mqtt.Broker.Access;

/// <summary>An Authentication Method as a broker offers it. MQTT 5.0 §4.12. Implementations are thread-safe.</summary>
public interface IServerAuthenticationMethod
{
    /// <summary>Authentication Method, as CONNECT and AUTH carry it.</summary>
    string Name { get; }

    /// <summary>
    /// Whether the first message of a client only says who it is, as in SCRAM: then log-ins that are to be slowed after failures wait
    /// before the next one, under that name. Default: false, each message may be a proof.
    /// </summary>
    bool BeginsWithName => false;

    /// <summary>One run: for a CONNECT, or for a re-authentication of its connection.</summary>
    /// <param name="request">Who asks; at a re-authentication without user name and password.</param>
    IServerAuthenticationExchange Begin(AuthenticationRequest request);
}

/// <summary>One run of an <see cref="IServerAuthenticationMethod"/>. Calls come one at a time.</summary>
public interface IServerAuthenticationExchange
{
    /// <summary>
    /// Who the client says to be, as far as it has said so: who has logged in from its address before is slowed by failures under that
    /// name alone. Default: null, not known.
    /// </summary>
    string? UserName => null;

    /// <summary>
    /// Takes what the client sent, in CONNECT or AUTH. May take its time: the connection waits, nobody else does. An exception
    /// refuses the client with Server unavailable.
    /// </summary>
    /// <param name="data">Authentication Data; null: none.</param>
    /// <param name="cancellationToken">The broker stops.</param>
    /// <returns><see cref="AuthenticationResult.Continue"/>, or the end.</returns>
    ValueTask<AuthenticationResult> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken);
}
