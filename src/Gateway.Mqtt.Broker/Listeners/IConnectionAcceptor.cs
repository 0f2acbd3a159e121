using System.Net.Sockets;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// Takes the connections of one listening socket and has the broker serve them. A <see cref="MqttListener"/> calls
/// the methods in their order here, each once. Disposing ends what was accepted and has not become a connection of
/// the broker's; of those that have, none is left by then.
/// </summary>
internal interface IConnectionAcceptor : IAsyncDisposable
{
    /// <summary>Begins to listen.</summary>
    /// <param name="bound">Of the listener's address; the acceptor's to dispose from now on, whatever comes of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">The system refuses.</exception>
    /// <exception cref="IOException">The system refuses.</exception>
    Task ListenAsync(ListenerSocket bound, CancellationToken cancellationToken);

    /// <summary>Accepts until cancelled, or until the socket fails; stops to listen before it returns.</summary>
    Task AcceptAsync(CancellationToken cancellationToken);
}
