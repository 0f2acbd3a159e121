using System.Collections.Concurrent;
using System.Text;
using Gateway.Mqtt.Client;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>Keeps all that a client reports.</summary>
internal sealed class RecordingObserver : IMqttClientObserver
{
    public ConcurrentQueue<ConnectResult> Connections { get; } = new();

    public ConcurrentQueue<DisconnectInfo> Disconnections { get; } = new();

    public ConcurrentQueue<string> Failures { get; } = new();

    public ConcurrentQueue<ReceivedMessage> Messages { get; } = new();

    public Func<ReceivedMessage, ValueTask>? Handler { get; init; }

    public IEnumerable<string> Payloads => Messages.Select(m => Encoding.UTF8.GetString(m.Message.Payload.Span));

    public void Connected(ConnectResult result) => Connections.Enqueue(result);

    public void Disconnected(DisconnectInfo info) => Disconnections.Enqueue(info);

    public void ConnectFailed(string message, TimeSpan retryIn) => Failures.Enqueue(message);

    public ValueTask MessageReceived(ReceivedMessage message, CancellationToken cancellationToken)
    {
        Messages.Enqueue(message);
        return Handler?.Invoke(message) ?? ValueTask.CompletedTask;
    }

    public Task WaitForMessagesAsync(int count) =>
        Eventually.TrueAsync(() => Messages.Count >= count, () => $"{Messages.Count} of {count} messages came.");

    public Task WaitForConnectionsAsync(int count) =>
        Eventually.TrueAsync(() => Connections.Count >= count, () => $"{Connections.Count} of {count} connections: {string.Join(' ', Failures)}");
}
