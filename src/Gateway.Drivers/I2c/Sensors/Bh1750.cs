using System.Buffers.Binary;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>BH1750FVI: light, one measurement of high resolution per read. BH1750FVI technical note (ROHM).</summary>
internal sealed class Bh1750 : Chip<I2cPort>
{
    private const byte MeasureOnce = 0x20;

    /// <summary>The longest, 120 ms typically.</summary>
    private static readonly TimeSpan MeasureTime = TimeSpan.FromMilliseconds(180);

    /// <summary>What it measures.</summary>
    public static string[] Fields => ["illuminance"];

    /// <summary>Lux: counts by 1.2.</summary>
    public static decimal Decode(ushort counts) => decimal.Round(counts / 1.2m, 1);

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        port.Write(MeasureOnce); // It powers itself up, and down again.
        yield return MeasureTime;
        var counts = BinaryPrimitives.ReadUInt16BigEndian(port.Read(2));
        if (counts == ushort.MaxValue)
        {
            values.Fail(0, ChipReasons.OverRange);
        }
        else
        {
            values.Set(0, Decode(counts));
        }
    }
}
