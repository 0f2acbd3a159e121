using System.Buffers;
using System.Net;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Tests.Wire;

/// <summary>A client that knows nothing of MQTT: it sends bytes to the state machine and keeps those that come back.</summary>
internal sealed class WireClient : IConnectionTransport
{
    private readonly BrokerState _state;
    private readonly ServerConnection _connection;
    private readonly List<byte> _received = [];
    private byte[] _unconsumed = [];

    /// <exception cref="InvalidOperationException">The broker takes no further connection, at all or from there.</exception>
    public WireClient(BrokerState state, EndPoint? remoteEndPoint = null)
    {
        _state = state;
        _connection = state.TryOpen(this, remoteEndPoint) ?? throw new InvalidOperationException("There are too many connections.");
    }

    public bool IsClosed => _connection.Phase == ConnectionPhase.Closed;

    /// <summary>What the authenticator says of it.</summary>
    public AuthenticationResult Authentication { get; init; } = AuthenticationResult.Anonymous;

    /// <summary>While false, its socket takes nothing.</summary>
    public bool Reads { get; set; } = true;

    public ServerConnection Connection => _connection;

    public void Send(ReadOnlySpan<byte> bytes)
    {
        _unconsumed = [.. _unconsumed, .. bytes];
        while (true)
        {
            var sequence = new ReadOnlySequence<byte>(_unconsumed);
            var consumed = _connection.Receive(sequence, out var result);
            _unconsumed = sequence.Slice(consumed).ToArray();
            switch (result)
            {
                case ReceiveResult.NeedsAuthentication:
                    // The methods of tests answer at once.
                    Assert.True(AuthenticateAsync().IsCompletedSuccessfully);
                    continue;
                case ReceiveResult.NeedsRoom when Reads && _connection.IsCongested:
                    Drain();
                    continue;
                default:
                    return;
            }
        }
    }

    private async Task AuthenticateAsync() => _connection.CompleteAuthentication(
        _connection.Exchange is { } exchange ? await exchange.ContinueAsync(CancellationToken.None) : Authentication);

    /// <summary>The network connection breaks.</summary>
    public void Drop() => _connection.OnLost();

    /// <summary>What came since the last call.</summary>
    public byte[] Take()
    {
        Drain();
        var bytes = _received.ToArray();
        _received.Clear();
        return bytes;
    }

    /// <summary>Goes on with what was not handled when it was sent.</summary>
    public void GoOn() => Send([]);

    // Nobody runs turns here: Drain takes what there is.
    void IConnectionTransport.Flush(ServerConnection connection, TurnResults results) => throw new NotSupportedException();

    void IConnectionTransport.Resume()
    {
    }

    private void Drain()
    {
        while (Reads && _connection.SendableBytes > 0)
        {
            var piece = _connection.DetachOutput();
            _received.AddRange(piece);
            OutputBuffer.Release(piece);
            _connection.OnSent();
        }
    }
}
