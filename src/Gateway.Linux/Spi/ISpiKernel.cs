using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Spi;

/// <summary>
/// The calls to an open SPI device, as the kernel has them: what is beneath <see cref="SpiDevice"/>, so that tests can
/// stand in for it. Each answers the error number; 0 is done.
/// </summary>
internal interface ISpiKernel : IDisposable
{
    /// <summary><c>SPI_IOC_WR_MODE32</c>, <c>SPI_IOC_WR_BITS_PER_WORD</c>, <c>SPI_IOC_WR_MAX_SPEED_HZ</c>.</summary>
    int Set(SpiSettings settings);

    /// <summary><c>SPI_IOC_MESSAGE(1)</c>. What is read may be empty.</summary>
    int Transfer(ReadOnlySpan<byte> written, Span<byte> read);
}
