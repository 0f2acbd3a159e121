using Gateway.Mqtt.Broker.Sockets;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>Plain sockets, TCP or Unix: the broker's own loop accepts and serves them.</summary>
internal sealed class SocketAcceptor(MqttBroker broker) : IConnectionAcceptor
{
    private ListenerSocket? _bound;
    private SocketListener? _listener;

    public Task ListenAsync(ListenerSocket bound, CancellationToken cancellationToken)
    {
        _bound = bound;
        _listener = broker.Sockets.Listen(bound);
        return Task.CompletedTask;
    }

    public async Task AcceptAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeAsync();
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _listener, null)?.Dispose();
        Interlocked.Exchange(ref _bound, null)?.Dispose();
        return ValueTask.CompletedTask;
    }
}
