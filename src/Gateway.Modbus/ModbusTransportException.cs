namespace Gateway.Modbus;

/// <summary>
/// The way to the devices is broken: it cannot be opened, it was closed, or what comes over it is no Modbus.
/// The next request opens it anew.
/// </summary>
public sealed class ModbusTransportException : IOException
{
    /// <param name="message">One sentence.</param>
    /// <param name="innerException">What the stream reported; null if the bytes themselves are the reason.</param>
    public ModbusTransportException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
