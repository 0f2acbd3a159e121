using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>AHT20 (and AHT21): temperature and humidity in 20 bits each. AHT20 datasheet (ASAIR) §5.3, §5.4, §6.</summary>
internal sealed class Aht20 : Chip<I2cPort>
{
    private const byte Busy = 0x80;
    private const byte Calibrated = 0x08;
    private const decimal FullScale = 1 << 20;
    private const int MaxTries = 10;

    private static readonly TimeSpan MeasureTime = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>What it measures.</summary>
    public static string[] Fields => ["temperature", "humidity"];

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        if ((port.Read(1)[0] & Calibrated) != 0)
        {
            yield break;
        }

        port.Write(0xBE, 0x08, 0x00);
        yield return Pause;
        if ((port.Read(1)[0] & Calibrated) == 0)
        {
            throw new BusException(BusReasons.NotReady, "The sensor does not load its calibration; switch it off and on again.");
        }
    }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        port.Write(0xAC, 0x33, 0x00);
        yield return MeasureTime;
        var answer = port.Read(7);
        for (var tries = 0; (answer[0] & Busy) != 0; tries++)
        {
            if (tries == MaxTries)
            {
                throw new BusException(BusReasons.NotReady, "The sensor measures for longer than it may.");
            }

            yield return Pause;
            answer = port.Read(7);
        }

        Decode(answer, values);
    }

    /// <summary>State, humidity and temperature with half a byte each that they share, checksum.</summary>
    public static void Decode(ReadOnlySpan<byte> answer, ChipValues values)
    {
        if (Sensirion.Crc(answer[..6]) != answer[6])
        {
            throw Sensirion.Damaged();
        }

        var humidity = (answer[1] << 12) | (answer[2] << 4) | (answer[3] >> 4);
        var temperature = ((answer[3] & 0xF) << 16) | (answer[4] << 8) | answer[5];
        values.Set(0, decimal.Round((200 * temperature / FullScale) - 50, 2));
        values.Set(1, decimal.Round(100 * humidity / FullScale, 2));
    }
}
