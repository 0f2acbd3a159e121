namespace Gateway.Modbus.Server;

/// <summary>A way on which each frame comes whole, and which many clients share: UDP.</summary>
public interface IModbusDatagrams
{
    /// <summary>Takes the next datagram.</summary>
    /// <param name="buffer">Where it goes; one that is longer is no frame, and may be cut.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its length, and whom the answer is for.</returns>
    ValueTask<(int Length, object Sender)> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Sends an answer to whom <see cref="ReceiveAsync"/> named. One that cannot be sent is lost.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> frame, object sender, CancellationToken cancellationToken);
}
