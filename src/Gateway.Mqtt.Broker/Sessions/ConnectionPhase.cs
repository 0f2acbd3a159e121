namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>How far a network connection has come.</summary>
internal enum ConnectionPhase
{
    AwaitingConnect,

    /// <summary>CONNECT or AUTH was read; nothing more is until the authenticator answered.</summary>
    Authenticating,

    /// <summary>The authenticator asks for more: the client's AUTH is to come.</summary>
    AwaitingAuth,

    Connected,

    /// <summary>What is in the output is still sent, nothing else happens.</summary>
    Closed,
}

/// <summary>Why a connection was closed.</summary>
/// <param name="ReasonCode">As a DISCONNECT of 5.0 says it.</param>
/// <param name="Message">For the log: a clause, never made from the client's bytes.</param>
internal readonly record struct CloseReason(Packets.ReasonCode ReasonCode, string Message)
{
    /// <summary>The client broke the protocol.</summary>
    public bool IsError { get; init; }
}

/// <summary>The next thing to happen to a connection if its client stays silent.</summary>
internal sealed class ConnectionDeadline(ServerConnection connection) : Deadline
{
    public override void OnDue(long now) => connection.OnDue(now);
}
