namespace Gateway.Mqtt.Authentication;

/// <summary>An Authentication Method as a client uses it. MQTT 5.0 §4.12. Implementations are thread-safe.</summary>
public interface IAuthenticationMethod
{
    /// <summary>Authentication Method, as CONNECT and AUTH carry it.</summary>
    string Name { get; }

    /// <summary>One run: for a connection, or for a re-authentication of it.</summary>
    IAuthenticationExchange Begin();
}

/// <summary>
/// One run of an <see cref="IAuthenticationMethod"/>. Calls come one at a time, and may take as long as the client's connect
/// timeout allows. What throws <see cref="MqttException"/> ends the connection with that sentence.
/// </summary>
public interface IAuthenticationExchange
{
    /// <summary>The client begins.</summary>
    /// <param name="cancellationToken">The connection ends.</param>
    /// <returns>Authentication Data of CONNECT, or of AUTH with Re-authenticate; null: none.</returns>
    ValueTask<ReadOnlyMemory<byte>?> StartAsync(CancellationToken cancellationToken);

    /// <summary>The server has asked for more by AUTH with Continue authentication.</summary>
    /// <param name="data">Its Authentication Data; null: none.</param>
    /// <param name="cancellationToken">The connection ends.</param>
    /// <returns>The client's answer; null: none.</returns>
    ValueTask<ReadOnlyMemory<byte>?> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken);

    /// <summary>The server has accepted. Nothing is sent to it before this has ended: here is the place to check the server's own proof.</summary>
    /// <param name="data">Authentication Data of CONNACK, or of AUTH with Success; null: none.</param>
    /// <param name="cancellationToken">The connection ends.</param>
    ValueTask FinishAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken);
}
