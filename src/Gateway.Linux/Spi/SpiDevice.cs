using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Spi;

/// <summary>A chip select of an SPI controller of the kernel: <c>/dev/spidevB.C</c>.</summary>
public sealed class SpiDevice : ISpiDevice
{
    private const int LongestTransfer = 4096; // spidev's own limit, unless it was loaded with another

    private readonly ISpiKernel _kernel;
    private readonly string _path;

    internal SpiDevice(ISpiKernel kernel, string path, SpiSettings settings)
    {
        _kernel = kernel;
        _path = path;
        if (kernel.Set(settings) is var errno and not 0)
            throw SpiErrors.Refused(path, settings, errno);
    }

    /// <summary>The device file of a device.</summary>
    /// <param name="name">The bus and the chip select, such as <c>0.1</c>, or the path of the device file.</param>
    public static string PathOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith('/') ? name : $"/dev/spidev{name}";
    }

    /// <summary>Opens and sets a device.</summary>
    /// <param name="name">The bus and the chip select, such as <c>0.1</c>, or the path of the device file.</param>
    /// <param name="settings">How the chip is spoken to.</param>
    /// <exception cref="BusException">It is not there, may not be opened, or cannot do what is asked.</exception>
    public static SpiDevice Open(string name, SpiSettings settings)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(settings);
        var path = PathOf(name);
        var kernel = SpiDescriptor.Open(path, out var errno) ?? throw SpiErrors.Opening(path, errno);
        try
        {
            return new(kernel, path, settings);
        }
        catch
        {
            kernel.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
    {
        ArgumentOutOfRangeException.ThrowIfZero(written.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(written.Length, LongestTransfer);
        if (!read.IsEmpty && read.Length != written.Length)
            throw new ArgumentException("As many bytes are read as are written, or none.", nameof(read));

        if (_kernel.Transfer(written, read) is var errno and not 0)
            throw SpiErrors.Transferring(_path, errno);
    }

    /// <inheritdoc/>
    public void Dispose() => _kernel.Dispose();
}
