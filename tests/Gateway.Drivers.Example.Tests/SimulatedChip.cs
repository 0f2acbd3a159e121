using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Example.Tests;

/// <summary>A machine whose one I2C adapter has one TMP117 on it.</summary>
internal sealed class SimulatedChip : IHardware, II2cBus
{
    /// <summary>What the chip has in its registers.</summary>
    public Dictionary<byte, ushort> Registers { get; } = new() { [0x00] = 0x0C80, [0x0F] = 0x0117 };

    /// <summary>What every transfer throws; null: nothing.</summary>
    public BusException? Fault { get; set; }

    /// <summary>How often the adapter was opened and not yet closed.</summary>
    public int OpenCount { get; private set; }

    public II2cBus OpenI2c(string adapter)
    {
        OpenCount++;
        return this;
    }

    public void Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec = false)
    {
        if (Fault is not null)
        {
            throw Fault;
        }

        if (address != 0x48)
        {
            throw new BusException(BusReasons.NoAck, $"Nobody acknowledges 0x{address:x2}.");
        }

        var value = Registers[written[0]];
        (read[0], read[1]) = ((byte)(value >> 8), (byte)value);
    }

    public void Dispose() => OpenCount--;

    public ISpiDevice OpenSpi(string device, SpiSettings settings) => throw new NotSupportedException();

    public IGpioChip OpenGpio(string chip) => throw new NotSupportedException();
}
