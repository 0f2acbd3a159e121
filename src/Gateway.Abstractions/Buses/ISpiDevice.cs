namespace Gateway.Abstractions.Buses;

/// <summary>
/// A chip on an SPI bus, behind one chip select. Calls block until the transfer is over: they belong on the one thread that
/// owns the device, and are not thread-safe. Disposing it closes the device.
/// </summary>
public interface ISpiDevice : IDisposable
{
    /// <summary>Selects the chip, sends and receives at once, and lets go of it. At most 4096 bytes.</summary>
    /// <param name="written">What is sent; at least one byte.</param>
    /// <param name="read">Takes what comes meanwhile: as long as <paramref name="written"/>, or empty where that is not wanted.</param>
    /// <exception cref="BusException">It was not carried to its end.</exception>
    void Transfer(ReadOnlySpan<byte> written, Span<byte> read);
}

/// <summary>How a chip on an SPI bus is spoken to. Immutable.</summary>
public sealed record SpiSettings
{
    /// <summary>Clock polarity and phase, 0 to 3. Default 0.</summary>
    public int Mode { get; init; }

    /// <summary>The clock in Hz at most; the controller takes the next one below that it has. Default 1 MHz.</summary>
    public int ClockHertz { get; init; } = 1_000_000;

    /// <summary>Bits of a word, 1 to 32; those of more than 8 take two or four bytes each, in the machine's order. Default 8.</summary>
    public int BitsPerWord { get; init; } = 8;

    /// <summary>Whether the chip is selected by a high level. Default false.</summary>
    public bool IsSelectedHigh { get; init; }
}
