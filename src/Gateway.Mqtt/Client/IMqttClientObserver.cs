namespace Gateway.Mqtt.Client;

/// <summary>
/// Hears what happens to a client; every member has an empty default. Calls come from the client's own tasks: connection
/// events one at a time in order, messages one at a time in order, both at once. Nothing here may throw; what is thrown is logged.
/// </summary>
public interface IMqttClientObserver
{
    /// <summary>The server has accepted a connection. Do not block.</summary>
    /// <param name="result">Its answer.</param>
    void Connected(ConnectResult result)
    {
    }

    /// <summary>A connection that was accepted has ended. Do not block.</summary>
    /// <param name="info">Why.</param>
    void Disconnected(DisconnectInfo info)
    {
    }

    /// <summary>An attempt of <see cref="MqttClient.Start"/> failed; another follows. Do not block.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="retryIn">The pause before the next attempt.</param>
    void ConnectFailed(string message, TimeSpan retryIn)
    {
    }

    /// <summary>
    /// A message has arrived. It is acknowledged when the task ends, unless
    /// <see cref="MqttClientOptions.ManualAcknowledgement"/> leaves that to <see cref="ReceivedMessage.Acknowledge"/>. The next
    /// message comes when the task has ended; meanwhile at most Receive Maximum messages wait, then the client stops reading:
    /// so do not await the acknowledgement of a publish here while messages pour in.
    /// </summary>
    /// <param name="message">The message; its bytes are its own.</param>
    /// <param name="cancellationToken">The client is being disposed.</param>
    ValueTask MessageReceived(ReceivedMessage message, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
