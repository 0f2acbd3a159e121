using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.I2c;

/// <summary>
/// An I2C adapter of the kernel. What it can do decides how: plain transfers where it has them, else those of SMBus
/// that carry the same bytes.
/// </summary>
public sealed class I2cAdapter : II2cBus
{
    private const int LongestMessage = 8192; // i2c-dev's own limit

    /// <summary>A call that a signal interrupted is made again, so often.</summary>
    private const int MaxInterruptions = 5;

    private readonly II2cKernel _kernel;
    private readonly AdapterGate _gate;
    private readonly SmBusTransfers? _smBus;
    private readonly bool[] _claimed = new bool[128];

    internal I2cAdapter(II2cKernel kernel, string path)
    {
        _kernel = kernel;
        _gate = AdapterGate.Of(path);
        Path = path;
        if (kernel.ReadFunctions(out var functions) is var errno and not 0)
            throw I2cErrors.NoAdapter(path, errno);
        if ((functions & I2cDev.I2C_FUNC_I2C) == 0)
            _smBus = new SmBusTransfers(kernel, functions);
    }

    /// <summary>The device file.</summary>
    public string Path { get; }

    /// <summary>Whether the adapter does SMBus only.</summary>
    public bool IsSmBusOnly => _smBus is not null;

    /// <summary>Opens an adapter.</summary>
    /// <param name="name">Its number, the path of its device file, or its name as the kernel has it.</param>
    /// <exception cref="BusException">It is not there, or may not be opened.</exception>
    public static I2cAdapter Open(string name)
    {
        var path = I2cAdapterInfo.Resolve(name);
        var kernel = I2cDescriptor.Open(path, out var errno) ?? throw I2cErrors.Opening(path, errno);
        try
        {
            return new(kernel, path);
        }
        catch
        {
            kernel.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(address);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(address, 0x7F);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(written.Length, LongestMessage - 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(read.Length, LongestMessage - 1);
        if (written.IsEmpty && read.IsEmpty)
            throw new ArgumentException("There is nothing to write and nothing to read.");

        using var turn = Reserve();
        Claim(address);
        var errno = _smBus?.Transfer(address, written, read, withPec) ?? TransferPlain(address, written, read, withPec);
        if (errno == 0)
            return;

        // Whether the address is free may change while nobody answers on it.
        _claimed[address] = false;
        throw I2cErrors.Transferring(Path, address, errno, File.Exists(Path));
    }

    /// <inheritdoc/>
    public IDisposable Reserve() => _gate.Enter();

    /// <inheritdoc/>
    public void Dispose() => _kernel.Dispose();

    // I2C_RDWR would speak to a chip that a driver of the kernel has, and confuse both; I2C_SLAVE tells.
    private void Claim(int address)
    {
        if (_claimed[address])
            return;

        if (_kernel.SetAddress(address) is var errno and not 0)
            throw errno == Errno.EBUSY ? I2cErrors.Busy(Path, address) : I2cErrors.Transferring(Path, address, errno, File.Exists(Path));
        _smBus?.AddressChanged(address);
        _claimed[address] = true;
    }

    private int TransferPlain(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec)
    {
        if (!withPec)
            return Call(address, written, read);

        // SMBus 3.2 §6.4.1: the code covers all bytes of the transaction, the addresses included.
        var code = written.IsEmpty ? Pec.Start : Pec.Add(Pec.Add(Pec.Start, (byte)(address << 1)), written);
        if (read.IsEmpty)
            return Call(address, [.. written, code], []);

        var answer = new byte[read.Length + 1];
        var errno = Call(address, written, answer);
        if (errno != 0)
            return errno;

        code = Pec.Add(Pec.Add(code, (byte)(address << 1 | 1)), answer.AsSpan(0, read.Length));
        answer.AsSpan(0, read.Length).CopyTo(read);
        return code == answer[^1] ? 0 : Errno.EBADMSG;
    }

    private int Call(int address, ReadOnlySpan<byte> written, Span<byte> read)
    {
        for (var interruptions = 0; ; interruptions++)
        {
            var errno = _kernel.Transfer(address, written, read);
            if (errno != Errno.EINTR || interruptions == MaxInterruptions)
                return errno;
        }
    }
}
