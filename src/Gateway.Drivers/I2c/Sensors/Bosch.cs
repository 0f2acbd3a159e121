using System.Buffers.Binary;
using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// BME280 and BMP280: temperature, pressure and, of the first, humidity. One measurement per read (forced mode), with no more
/// oversampling than the datasheets ask for weather. BST-BME280-DS001, BST-BMP280-DS001.
/// </summary>
/// <param name="hasHumidity">Whether it is a BME280.</param>
internal sealed class Bosch(bool hasHumidity) : Chip<I2cPort>
{
    /// <summary>What a BME280 measures; a BMP280 the first two.</summary>
    public static readonly string[] Fields = ["temperature", "pressure", "humidity"];

    /// <summary>Chip ids: those of the BMP280 include samples. Table 18, register 0xD0.</summary>
    private static readonly byte[] Bme280Ids = [0x60];
    private static readonly byte[] Bmp280Ids = [0x58, 0x57, 0x56];

    private const int MaxTries = 10;
    private const byte IdRegister = 0xD0;
    private const byte CalibrationRegister = 0x88;
    private const byte HumidityCalibrationRegister = 0xE1;
    private const byte HumidityControl = 0xF2;
    private const byte Status = 0xF3;
    private const byte Control = 0xF4;
    private const byte Configuration = 0xF5;
    private const byte Data = 0xF7;
    private const byte HumidityOnce = 0b001; // humidity ×1
    private const byte ForcedOnce = 0b001_001_01; // temperature ×1, pressure ×1, forced

    /// <summary>1.25 ms + 2.3 ms + (2.3 + 0.575) ms twice: §9.1, the longest time of ×1 each.</summary>
    private static readonly TimeSpan ConversionTime = TimeSpan.FromMilliseconds(9.3);

    private BoschCalibration _calibration;

    /// <summary>Whether a chip's id is the one.</summary>
    public static bool Recognise(I2cPort port, bool hasHumidity) => (hasHumidity ? Bme280Ids : Bmp280Ids).Contains(port.ReadByte(IdRegister));

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        var id = port.ReadByte(IdRegister);
        if (!(hasHumidity ? Bme280Ids : Bmp280Ids).Contains(id))
        {
            var other = Bme280Ids.Contains(id) ? ", which is that of a BME280" : Bmp280Ids.Contains(id) ? ", which is that of a BMP280: it has no humidity" : "";
            throw WrongChip.At($"a {(hasHumidity ? "BME280" : "BMP280")}", $"the chip id is 0x{id:x2}{other}");
        }

        for (var tries = 0; (port.ReadByte(Status) & 1) != 0; tries++)
        {
            if (tries == MaxTries)
            {
                throw new BusException(BusReasons.NotReady, "The sensor does not load its calibration; switch it off and on again.");
            }

            yield return TimeSpan.FromMilliseconds(2); // It copies its calibration.
        }

        byte[] humidity = hasHumidity ? port.Read(HumidityCalibrationRegister, 7) : [];
        _calibration = BoschCalibration.Read(port.Read(CalibrationRegister, 26), humidity);
        if (hasHumidity)
        {
            port.Write(HumidityControl, HumidityOnce);
        }

        port.Write(Configuration, 0);
    }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        port.Write(Control, ForcedOnce);
        yield return ConversionTime;
        for (var tries = 0; (port.ReadByte(Status) & 8) != 0; tries++)
        {
            if (tries == MaxTries)
            {
                throw new BusException(BusReasons.NotReady, "The sensor measures for longer than it may.");
            }

            yield return TimeSpan.FromMilliseconds(2);
        }

        var data = port.Read(Data, hasHumidity ? 8 : 6);
        if (hasHumidity && (port.ReadByte(HumidityControl) & 7) != HumidityOnce)
        {
            throw LostSetUp.Of("its humidity is switched off");
        }

        Decode(data, _calibration, values);
    }

    /// <summary>The registers from 0xF7 on. A measurement that was skipped reads 0x80000, humidity 0x8000. §5.4.7, §5.4.9.</summary>
    public static void Decode(ReadOnlySpan<byte> data, in BoschCalibration calibration, ChipValues values)
    {
        const int Skipped = 0x80000;
        var pressure = (data[0] << 12) | (data[1] << 4) | (data[2] >> 4);
        var temperature = (data[3] << 12) | (data[4] << 4) | (data[5] >> 4);
        if (temperature == Skipped)
        {
            return;
        }

        var fine = calibration.FineTemperature(temperature);
        values.Set(0, BoschCalibration.Temperature(fine));
        if (pressure != Skipped && calibration.Pressure(pressure, fine) is { } pascals)
        {
            values.Set(1, decimal.Round(pascals / 100, 2));
        }

        if (data.Length >= 8 && BinaryPrimitives.ReadUInt16BigEndian(data[6..]) is var humidity and not 0x8000)
        {
            values.Set(2, decimal.Round(calibration.Humidity(humidity, fine), 2));
        }
    }
}

/// <summary>The trimming parameters of one chip, and the datasheet's integer arithmetic with them. BST-BME280-DS001 §4.2.2, §4.2.3.</summary>
internal readonly record struct BoschCalibration(
    ushort T1, short T2, short T3,
    ushort P1, short P2, short P3, short P4, short P5, short P6, short P7, short P8, short P9,
    byte H1, short H2, byte H3, short H4, short H5, sbyte H6)
{
    /// <summary>Registers 0x88 to 0xA1, and of a BME280 0xE1 to 0xE7. Table 16.</summary>
    public static BoschCalibration Read(ReadOnlySpan<byte> first, ReadOnlySpan<byte> humidity)
    {
        var calibration = new BoschCalibration
        {
            T1 = (ushort)Word(first, 0),
            T2 = Word(first, 2),
            T3 = Word(first, 4),
            P1 = (ushort)Word(first, 6),
            P2 = Word(first, 8),
            P3 = Word(first, 10),
            P4 = Word(first, 12),
            P5 = Word(first, 14),
            P6 = Word(first, 16),
            P7 = Word(first, 18),
            P8 = Word(first, 20),
            P9 = Word(first, 22),
        };
        return humidity.IsEmpty ? calibration : calibration with
        {
            H1 = first[25],
            H2 = Word(humidity, 0),
            H3 = humidity[2],
            H4 = (short)(((sbyte)humidity[3] << 4) | (humidity[4] & 0xF)),
            H5 = (short)(((sbyte)humidity[5] << 4) | (humidity[4] >> 4)),
            H6 = (sbyte)humidity[6],
        };
    }

    /// <summary><c>t_fine</c>, on which all three depend.</summary>
    public int FineTemperature(int raw)
    {
        var first = (((raw >> 3) - (T1 << 1)) * T2) >> 11;
        var second = ((((raw >> 4) - T1) * ((raw >> 4) - T1)) >> 12) * T3 >> 14;
        return first + second;
    }

    /// <summary>Degrees Celsius, in hundredths.</summary>
    public static decimal Temperature(int fine) => ((fine * 5 + 128) >> 8) / 100m;

    /// <summary>Pascals, in 256ths; null where the calibration is none.</summary>
    public decimal? Pressure(int raw, int fine)
    {
        long first = fine - 128_000L;
        var second = (first * first * P6) + ((first * P5) << 17) + ((long)P4 << 35);
        first = ((first * first * P3) >> 8) + ((first * P2) << 12);
        first = (((1L << 47) + first) * P1) >> 33;
        if (first == 0)
        {
            return null;
        }

        var pressure = ((((1_048_576L - raw) << 31) - second) * 3125) / first;
        first = (P9 * (pressure >> 13) * (pressure >> 13)) >> 25;
        second = (P8 * pressure) >> 19;
        return (((pressure + first + second) >> 8) + ((long)P7 << 4)) / 256m;
    }

    /// <summary>Percent of relative humidity, in 1024ths.</summary>
    public decimal Humidity(int raw, int fine)
    {
        var x = fine - 76_800;
        x = (((raw << 14) - (H4 << 20) - (H5 * x) + 16_384) >> 15)
            * ((((((((x * H6) >> 10) * (((x * H3) >> 11) + 32_768)) >> 10) + 2_097_152) * H2) + 8192) >> 14);
        x -= ((((x >> 15) * (x >> 15)) >> 7) * H1) >> 4;
        return (Math.Clamp(x, 0, 419_430_400) >> 12) / 1024m;
    }

    private static short Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt16LittleEndian(bytes[at..]);
}
