namespace Gateway.Modbus.Client;

/// <summary>A stream on which requests are carried out, from when it is open until it breaks or is closed.</summary>
internal abstract class ClientConnection : IAsyncDisposable
{
    /// <summary>Why the connection serves no more; null while it does.</summary>
    public abstract Exception? Fault { get; }

    /// <summary>Sends a request that was prepared, and waits for its answer.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public abstract ValueTask<ModbusResult> ExecuteAsync(Transaction transaction, TimeSpan responseTimeout, CancellationToken cancellationToken);

    /// <summary>Closes the stream. What is under way ends with an <see cref="IOException"/>.</summary>
    public abstract ValueTask DisposeAsync();
}
