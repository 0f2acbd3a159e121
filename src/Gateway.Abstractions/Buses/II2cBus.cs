namespace Gateway.Abstractions.Buses;

/// <summary>
/// An I2C adapter with the chips on it. Calls block until the transaction is over: they belong on the one thread that owns
/// the bus, and are not thread-safe. Disposing it closes the adapter.
/// </summary>
public interface II2cBus : IDisposable
{
    /// <summary>
    /// Carries one transaction: a start, the bytes that are written, a repeated start, the bytes that are read, a stop. One of
    /// the two may be empty. An adapter that does SMBus only takes what SMBus has a form for: a write of 1 to 33 bytes,
    /// a read of one byte, a read of any length from the register whose number is the one byte that is written.
    /// </summary>
    /// <param name="address">The chip, 7 bits: 0x03 to 0x77.</param>
    /// <param name="written">What is written.</param>
    /// <param name="read">Takes what is read; all of it is filled.</param>
    /// <param name="withPec">Whether a packet error code is sent and checked. SMBus 3.2 §6.4.</param>
    /// <exception cref="BusException">It was not carried to its end.</exception>
    void Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec = false);

    /// <summary>
    /// Keeps the adapter for the caller's thread: whoever else in the gateway has opened it waits with its transactions until the result is
    /// disposed, by the same thread. For what must not be torn apart, as choosing a multiplexer's channel and speaking to a chip behind
    /// it; others wait meanwhile, so for no longer than that. May be nested.
    /// </summary>
    IDisposable Reserve() => Unshared.Instance;

    /// <summary>What an adapter that nobody else opens has to give back.</summary>
    private sealed class Unshared : IDisposable
    {
        public static readonly Unshared Instance = new();

        public void Dispose()
        {
        }
    }
}
