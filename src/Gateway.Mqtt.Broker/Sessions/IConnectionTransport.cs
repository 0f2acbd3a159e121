namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// What the broker asks of whatever carries a connection's bytes: a pipe, or a socket loop. It is called outside of
/// turns, on any thread; neither method blocks.
/// </summary>
internal interface IConnectionTransport
{
    /// <summary>
    /// Writes a piece, releases it (<see cref="OutputBuffer.Release"/>) and reports back; never called while another
    /// piece is being written.
    /// </summary>
    /// <param name="connection">Whose transport this is.</param>
    /// <param name="piece">Not empty.</param>
    void Send(ServerConnection connection, ArraySegment<byte> piece);

    /// <summary>Closes the network connection.</summary>
    /// <param name="abort">At once, rather than when what was sent has been taken.</param>
    void Close(bool abort);
}

/// <summary>What a connection needs before it handles more bytes.</summary>
internal enum ReceiveResult
{
    /// <summary>More bytes: what is left is the beginning of a packet.</summary>
    NeedsMore,

    /// <summary>The authenticator's answer.</summary>
    NeedsAuthentication,

    /// <summary>Its client is to take what waits for it.</summary>
    NeedsRoom,

    /// <summary>Nothing any more.</summary>
    IsClosed,
}
