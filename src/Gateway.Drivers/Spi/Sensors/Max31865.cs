using System.Buffers.Binary;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi.Sensors;

/// <summary>
/// MAX31865: a platinum resistance thermometer, measured all the time. MAX31865 datasheet, tables 1 to 8; IEC 60751:2008 §4.2.
/// </summary>
internal sealed class Max31865 : Chip<ISpiDevice>
{
    private const byte WriteFlag = 0x80;
    private const byte Bias = 0x80;
    private const byte Continuous = 0x40;
    private const byte ThreeWires = 0x10;
    private const byte ClearFaults = 0x02;
    private const byte Mains50Hertz = 0x01;
    private const int FaultRegister = 7;

    private const double A = 3.9083e-3;
    private const double B = -5.775e-7;
    private const double C = -4.183e-12;

    private readonly byte _configuration;
    private readonly decimal _referenceOhms;
    private readonly decimal _nominalOhms;

    /// <param name="device">The device, which says the resistors, the wires and the mains frequency.</param>
    public Max31865(DeviceDefinition device)
    {
        var settings = device.Settings;
        _referenceOhms = settings.Get<decimal>("reference-resistor");
        _nominalOhms = settings.Get<decimal>("nominal");
        _configuration = (byte)(Bias | Continuous
            | (settings.Get<string>("wires") == "3" ? ThreeWires : 0)
            | (settings.Get<string>("mains") == "50" ? Mains50Hertz : 0));
    }

    /// <summary>What it measures.</summary>
    public static string[] Fields => ["temperature", "resistance"];

    public override IEnumerable<TimeSpan> SetUp(ISpiDevice port)
    {
        // The mains frequency may change only while it does not convert.
        port.Transfer([WriteFlag, (byte)((_configuration & ~Continuous) | ClearFaults)], []);
        yield return TimeSpan.FromMilliseconds(10); // the input settles
        port.Transfer([WriteFlag, _configuration], []);
        var received = new byte[2];
        port.Transfer(new byte[2], received);
        if (received[1] != _configuration)
        {
            throw WrongChip.At("a MAX31865", $"what was written to its configuration is not there, but 0x{received[1]:x2}");
        }

        yield return TimeSpan.FromMilliseconds(70); // the first conversion, at 50 Hz
    }

    public override IEnumerable<TimeSpan> Measure(ISpiDevice port, IReadOnlyList<int> asked, ChipValues values)
    {
        var received = new byte[9];
        port.Transfer(new byte[9], received);
        Decode(received.AsSpan(1), values);
        if (received[1 + FaultRegister] != 0)
        {
            port.Transfer([WriteFlag, (byte)(_configuration | ClearFaults)], []);
        }

        yield break;
    }

    /// <summary>The registers from 0x00 to 0x07: a ratio of 15 bits with a fault flag below it in 1 and 2, the faults in 7.</summary>
    public void Decode(ReadOnlySpan<byte> registers, ChipValues values)
    {
        var ratio = BinaryPrimitives.ReadUInt16BigEndian(registers[1..]);
        var faults = registers[FaultRegister] & 0b1111_1100;
        if ((ratio & 1) != 0 && faults != 0)
        {
            // Above the upper limit there is no resistor; below the lower one, or beyond the supply, a wire touches another.
            var reason = (faults & 0x80) != 0 ? ChipReasons.OpenCircuit : (faults & 0x7C) != 0 ? ChipReasons.ShortCircuit : ChipReasons.Fault;
            values.Fail(0, reason);
            values.Fail(1, reason);
            return;
        }

        var ohms = (ratio >> 1) * _referenceOhms / 32_768;
        values.Set(1, decimal.Round(ohms, 3));
        if (TemperatureOf((double)(ohms / _nominalOhms)) is { } temperature)
        {
            values.Set(0, decimal.Round((decimal)temperature, 2));
        }
        else
        {
            values.Fail(0, ChipReasons.OverRange);
        }
    }

    /// <summary>Degrees Celsius of a resistance relative to that at 0 °C; null outside −200 to 850 °C.</summary>
    public static double? TemperatureOf(double ratio)
    {
        var temperature = (-A + Math.Sqrt((A * A) - (4 * B * (1 - ratio)))) / (2 * B);
        if (temperature < 0)
        {
            // Below 0 °C there is a fourth power: Newton's method from what the square alone says is exact after three steps.
            for (var i = 0; i < 5; i++)
            {
                var t = temperature;
                var value = 1 + (A * t) + (B * t * t) + (C * (t - 100) * t * t * t) - ratio;
                temperature -= value / (A + (2 * B * t) + (C * ((4 * t * t * t) - (300 * t * t))));
            }
        }

        return temperature is >= -200.1 and <= 850.1 ? temperature : null;
    }
}
