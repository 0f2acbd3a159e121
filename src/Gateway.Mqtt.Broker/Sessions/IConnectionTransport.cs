namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>What the broker asks of whatever carries a connection's bytes: a pipe, or a socket. Neither method blocks.</summary>
internal interface IConnectionTransport
{
    /// <summary>
    /// At the end of a turn in which the connection was marked as dirty: sends what is in its output, or sees to it that
    /// it is sent after the turn, and closes the network connection once the connection is closed and all is sent; at once
    /// if it is aborted.
    /// </summary>
    /// <param name="connection">Whose transport this is.</param>
    /// <param name="results">Takes what cannot be done within a turn.</param>
    void Flush(ServerConnection connection, TurnResults results);

    /// <summary>Within a turn: the connection handles bytes again, though not within this call.</summary>
    void Resume();
}

/// <summary>What a connection needs before it handles more bytes.</summary>
internal enum ReceiveResult
{
    /// <summary>More bytes: what is left is the beginning of a packet.</summary>
    NeedsMore,

    /// <summary>The authenticator's answer.</summary>
    NeedsAuthentication,

    /// <summary>Its client, or one that it publishes to, is to take what waits for it.</summary>
    NeedsRoom,

    /// <summary>Nothing any more.</summary>
    IsClosed,
}
