using System.Buffers.Binary;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.I2c;

/// <summary>The way to one chip: its bus, its address, and the multiplexer before it. Runs on the thread of the bus.</summary>
/// <param name="bus">The adapter.</param>
/// <param name="address">The chip's address.</param>
/// <param name="mux">The multiplexer's channel that the chip hangs on; null: there is none.</param>
/// <param name="multiplexers">What switches it on; null where there is none.</param>
/// <param name="withPec">Whether each transaction has a packet error code.</param>
internal sealed class I2cPort(II2cBus bus, int address, MuxChannel? mux = null, Multiplexers? multiplexers = null, bool withPec = false)
{
    /// <summary>The last byte that was sent to the chip; null: none.</summary>
    public byte? LastSent { get; private set; }

    /// <summary>Writes bytes.</summary>
    public void Write(params ReadOnlySpan<byte> bytes) => Transfer(bytes, []);

    /// <summary>Reads bytes, without a register.</summary>
    public byte[] Read(int count)
    {
        var bytes = new byte[count];
        Transfer([], bytes);
        return bytes;
    }

    /// <summary>Reads bytes from a register on.</summary>
    public byte[] Read(byte register, int count)
    {
        var bytes = new byte[count];
        Transfer([register], bytes);
        return bytes;
    }

    /// <summary>Reads a register of 8 bits.</summary>
    public byte ReadByte(byte register) => Read(register, 1)[0];

    /// <summary>Reads a register of 16 bits, high byte first.</summary>
    public ushort ReadWord(byte register) => BinaryPrimitives.ReadUInt16BigEndian(Read(register, 2));

    /// <summary>Writes a register of 16 bits, high byte first.</summary>
    public void WriteWord(byte register, ushort value) => Write(register, (byte)(value >> 8), (byte)value);

    /// <summary>One transaction, on the multiplexer's channel.</summary>
    public void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
    {
        LastSent = written.IsEmpty ? LastSent : written[^1];
        if (mux is not { } channel)
        {
            bus.Transfer(address, written, read, withPec);
            return;
        }

        using var turn = bus.Reserve();
        multiplexers!.Select(channel);
        bus.Transfer(address, written, read, withPec);
    }
}
