using System.Buffers.Binary;
using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// HTU21D, SHT21 and Si7021: humidity, then temperature, each a measurement of its own in which the chip answers nobody. HTU21D
/// datasheet (HPC199), Si7021-A20 datasheet §5.
/// </summary>
internal sealed class Htu21 : Chip<I2cPort>
{
    private const byte MeasureTemperature = 0xF3; // without holding the clock
    private const byte MeasureHumidity = 0xF5;
    private const int MaxTries = 10;

    private static readonly TimeSpan HumidityTime = TimeSpan.FromMilliseconds(23); // of a Si7021, which measures both then
    private static readonly TimeSpan TemperatureTime = TimeSpan.FromMilliseconds(11);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(8); // An SHT21 takes up to 85 ms.

    /// <summary>What they measure.</summary>
    public static string[] Fields => ["temperature", "humidity"];

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        var answer = new byte[3];
        foreach (var (field, command, time) in new[] { (1, MeasureHumidity, HumidityTime), (0, MeasureTemperature, TemperatureTime) })
        {
            port.Write(command);
            yield return time;
            for (var tries = 0; !TryRead(port, answer); tries++)
            {
                if (tries == MaxTries)
                {
                    throw new BusException(BusReasons.NotReady, "The sensor measures for longer than it may.");
                }

                yield return Pause;
            }

            Decode(field, answer, values);
        }
    }

    /// <summary>A word whose two lowest bits are a status, and its checksum.</summary>
    public static void Decode(int field, ReadOnlySpan<byte> answer, ChipValues values)
    {
        if (Sensirion.Crc(answer[..2], start: 0) != answer[2])
        {
            values.Fail(field, BusReasons.Checksum);
            return;
        }

        var raw = BinaryPrimitives.ReadUInt16BigEndian(answer) & ~3;
        values.Set(field, decimal.Round(field == 0 ? (175.72m * raw / 65_536) - 46.85m : Math.Clamp((125m * raw / 65_536) - 6, 0, 100), 2));
    }

    private static bool TryRead(I2cPort port, byte[] answer)
    {
        try
        {
            port.Transfer([], answer);
            return true;
        }
        catch (BusException fault) when (fault.Reason == BusReasons.NoAck)
        {
            return false; // It measures still.
        }
    }
}
