using System.Buffers.Binary;
using Gateway.Linux.Interop;

namespace Gateway.Linux.I2c;

/// <summary>
/// Carries transactions of registers over an adapter that does SMBus only. SMBus has forms for one byte, one word and a block
/// of at most 32 bytes behind a command byte; nothing else goes. The kernel leaves the packet error code out of such blocks, so that with
/// it there are none. Answers error numbers; 0 is done.
/// </summary>
/// <param name="kernel">The adapter.</param>
/// <param name="functions">What it can do.</param>
internal sealed class SmBusTransfers(II2cKernel kernel, nuint functions)
{
    private int _address = -1;
    private bool _hasPec;

    /// <summary>The kernel's address was set.</summary>
    public void AddressChanged(int address) => _address = address;

    public int Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec)
    {
        if (Prepare(address, withPec) is var errno and not 0)
            return errno;

        return (written.Length, read.Length) switch
        {
            (_, 0) => Write(written),
            (0, 1) => ReadByte(read),
            (1, _) => ReadRegister(written[0], read),
            _ => Errno.EOPNOTSUPP,
        };
    }

    private int Prepare(int address, bool withPec)
    {
        if (withPec && (functions & I2cDev.I2C_FUNC_SMBUS_PEC) == 0)
            return Errno.EOPNOTSUPP;
        if (_address != address && kernel.SetAddress(address) is var refused and not 0)
            return refused;
        _address = address;
        if (_hasPec != withPec && kernel.SetPec(withPec) is var errno and not 0)
            return errno;
        _hasPec = withPec;
        return 0;
    }

    private int Write(ReadOnlySpan<byte> bytes)
    {
        Span<byte> data = stackalloc byte[I2cDev.I2C_SMBUS_BLOCK_MAX + 2];
        data.Clear();
        switch (bytes.Length)
        {
            case 1:
                return Call(I2cDev.I2C_SMBUS_WRITE, bytes[0], I2cDev.I2C_SMBUS_BYTE, data);
            case 2:
                data[0] = bytes[1];
                return Call(I2cDev.I2C_SMBUS_WRITE, bytes[0], I2cDev.I2C_SMBUS_BYTE_DATA, data);
            case 3 when Has(I2cDev.I2C_FUNC_SMBUS_WRITE_WORD_DATA):
                PutWord(data, bytes[1..]);
                return Call(I2cDev.I2C_SMBUS_WRITE, bytes[0], I2cDev.I2C_SMBUS_WORD_DATA, data);
            case <= I2cDev.I2C_SMBUS_BLOCK_MAX + 1 when !_hasPec && Has(I2cDev.I2C_FUNC_SMBUS_WRITE_I2C_BLOCK):
                data[0] = (byte)(bytes.Length - 1);
                bytes[1..].CopyTo(data[1..]);
                return Call(I2cDev.I2C_SMBUS_WRITE, bytes[0], I2cDev.I2C_SMBUS_I2C_BLOCK_DATA, data);
            default:
                return Errno.EOPNOTSUPP;
        }
    }

    private int ReadByte(Span<byte> read)
    {
        Span<byte> data = stackalloc byte[I2cDev.I2C_SMBUS_BLOCK_MAX + 2];
        var errno = Call(I2cDev.I2C_SMBUS_READ, 0, I2cDev.I2C_SMBUS_BYTE, data);
        read[0] = data[0];
        return errno;
    }

    // Two bytes are a register of 16 bits far more often than two of 8: SMBus has the word for that. What is longer
    // than a block is read in pieces, as from a chip that counts its registers up.
    private int ReadRegister(byte register, Span<byte> read)
    {
        Span<byte> data = stackalloc byte[I2cDev.I2C_SMBUS_BLOCK_MAX + 2];
        var hasBlocks = !_hasPec && Has(I2cDev.I2C_FUNC_SMBUS_READ_I2C_BLOCK);
        for (var done = 0; done < read.Length;)
        {
            var left = read.Length - done;
            var command = (byte)(register + done);
            int count;
            int errno;
            if (read.Length == 2 && Has(I2cDev.I2C_FUNC_SMBUS_READ_WORD_DATA))
            {
                errno = Call(I2cDev.I2C_SMBUS_READ, command, I2cDev.I2C_SMBUS_WORD_DATA, data);
                count = GetWord(data, read);
            }
            else if (left > 1 && hasBlocks)
            {
                count = Math.Min(left, I2cDev.I2C_SMBUS_BLOCK_MAX);
                data[0] = (byte)count;
                errno = Call(I2cDev.I2C_SMBUS_READ, command, I2cDev.I2C_SMBUS_I2C_BLOCK_DATA, data);
                data.Slice(1, count).CopyTo(read[done..]);
            }
            else
            {
                count = 1;
                errno = Call(I2cDev.I2C_SMBUS_READ, command, I2cDev.I2C_SMBUS_BYTE_DATA, data);
                read[done] = data[0];
            }

            if (errno != 0)
                return errno;
            done += count;
        }

        return 0;
    }

    // The first byte on the wire is the low one of the word, which the kernel gives in the machine's order. SMBus 3.2 §6.5.5.
    private static void PutWord(Span<byte> data, ReadOnlySpan<byte> wire)
    {
        var word = BinaryPrimitives.ReadUInt16LittleEndian(wire);
        BitConverter.TryWriteBytes(data, word);
    }

    private static int GetWord(ReadOnlySpan<byte> data, Span<byte> wire)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(wire, BitConverter.ToUInt16(data));
        return 2;
    }

    private int Call(byte direction, byte command, uint size, Span<byte> data) => kernel.TransferSmBus(direction, command, size, data);

    private bool Has(nuint function) => (functions & function) != 0;
}
