using System.Buffers.Binary;
using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi.Sensors;

/// <summary>MAX31855: a thermocouple, and the chip's own temperature. MAX31855 datasheet, tables 2 to 5.</summary>
internal sealed class Max31855 : Chip<ISpiDevice>
{
    /// <summary>What it measures.</summary>
    public static string[] Fields => ["temperature", "cold_junction"];

    public override IEnumerable<TimeSpan> Measure(ISpiDevice port, IReadOnlyList<int> asked, ChipValues values)
    {
        var received = new byte[4];
        port.Transfer(new byte[4], received);
        Decode(received, values);
        yield break;
    }

    /// <summary>14 bits of a quarter of a degree, a fault flag, 12 bits of a sixteenth, three flags of which fault.</summary>
    public static void Decode(ReadOnlySpan<byte> received, ChipValues values)
    {
        var bits = BinaryPrimitives.ReadInt32BigEndian(received);
        if ((bits & 0x20008) != 0)
        {
            throw new BusException(BusReasons.NoAck, "The chip does not answer: bits are set that it always has at 0; look at its wires and its supply.");
        }

        if (bits == 0)
        {
            throw new BusException(BusReasons.NoAck, "The chip does not answer: all bits are 0, which both temperatures are only where a wire is held down or it has no supply.");
        }

        values.Set(1, ((short)bits >> 4) / 16m);
        if ((bits & 0x10000) == 0)
        {
            values.Set(0, (bits >> 18) / 4m);
        }
        else
        {
            values.Fail(0, (bits & 1) != 0 ? ChipReasons.OpenCircuit : (bits & 6) != 0 ? ChipReasons.ShortCircuit : ChipReasons.Fault);
        }
    }
}
