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
    private const byte Check = 0x04; // with automatic delays, table 3
    private const byte CheckBits = 0x0C; // 0 once it is over
    private const byte ThreeWires = 0x10;
    private const byte ClearFaults = 0x02;
    private const byte Mains50Hertz = 0x01;
    private const byte HighThreshold = 0x03;
    private const int FaultRegister = 7;
    private const int MaxTries = 10;

    // No platinum resistor is beyond these, relative to 0 °C: −200 °C is 0.185, 850 °C is 3.905.
    private const decimal LowestRatio = 0.1m;
    private const decimal HighestRatio = 4.1m;

    /// <summary>How often the wires are looked at: the chip does not convert meanwhile.</summary>
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromMinutes(1);

    private const double A = 3.9083e-3;
    private const double B = -5.775e-7;
    private const double C = -4.183e-12;

    private readonly byte _configuration;
    private readonly decimal _referenceOhms;
    private readonly decimal _nominalOhms;
    private readonly TimeProvider _timeProvider;
    private long? _checked;

    /// <param name="device">The device, which says the resistors, the wires and the mains frequency.</param>
    /// <param name="timeProvider">The clock by which the wires are looked at.</param>
    public Max31865(DeviceDefinition device, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
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
        var (high, low) = (Threshold(HighestRatio), Threshold(LowestRatio));
        port.Transfer([WriteFlag | HighThreshold, (byte)(high >> 8), (byte)high, (byte)(low >> 8), (byte)low], []);
        port.Transfer([WriteFlag, _configuration], []);
        var found = ReadConfiguration(port);
        if (found != _configuration)
        {
            throw WrongChip.At("a MAX31865", $"what was written to its configuration is not there, but 0x{found:x2}");
        }

        _checked = null; // The first read looks at the wires, and waits for the first conversion.
    }

    public override IEnumerable<TimeSpan> Measure(ISpiDevice port, IReadOnlyList<int> asked, ChipValues values)
    {
        if (_checked is not { } last || _timeProvider.GetElapsedTime(last) >= CheckPeriod)
        {
            foreach (var wait in CheckWires(port))
            {
                yield return wait;
            }
        }

        var received = new byte[9];
        port.Transfer(new byte[9], received);
        if (received[1] != _configuration)
        {
            throw LostSetUp.Of($"its configuration is 0x{received[1]:x2}");
        }

        Decode(received.AsSpan(1), values);
        if (received[1 + FaultRegister] != 0)
        {
            // Some faults only the check finds: it is made at each read until there is none.
            _checked = null;
            port.Transfer([WriteFlag, (byte)(_configuration | ClearFaults)], []);
        }
    }

    /// <summary>The registers from 0x00 to 0x07: a ratio of 15 bits with a fault flag below it in 1 and 2, the faults in 7.</summary>
    public void Decode(ReadOnlySpan<byte> registers, ChipValues values)
    {
        var ratio = BinaryPrimitives.ReadUInt16BigEndian(registers[1..]);
        var faults = registers[FaultRegister] & 0b1111_1100;
        if (faults != 0)
        {
            // Above the upper limit, or without a current, there is no resistor; below the lower one, or beyond the supply, a wire
            // touches another. What the check finds at the lower side may be either. Table 7.
            var reason = (faults & 0xA0) != 0 ? ChipReasons.OpenCircuit : (faults & 0x44) != 0 ? ChipReasons.ShortCircuit : ChipReasons.Fault;
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

    private static byte ReadConfiguration(ISpiDevice port)
    {
        var received = new byte[2];
        port.Transfer(new byte[2], received);
        return received[1];
    }

    // Looks for open and touching wires; the conversions begin anew behind it.
    private IEnumerable<TimeSpan> CheckWires(ISpiDevice port)
    {
        port.Transfer([WriteFlag, (byte)((_configuration & ~Continuous) | Check)], []);
        yield return TimeSpan.FromMilliseconds(1);
        for (var tries = 0; (ReadConfiguration(port) & CheckBits) != 0; tries++)
        {
            if (tries == MaxTries)
            {
                throw new BusException(BusReasons.NotReady, "The chip looks at its wires for longer than it may.");
            }

            yield return TimeSpan.FromMilliseconds(1);
        }

        port.Transfer([WriteFlag, _configuration], []);
        yield return TimeSpan.FromMilliseconds(70); // the first conversion, at 50 Hz
        _checked = _timeProvider.GetTimestamp();
    }

    // A code of 15 bits above one that does not count; the highest is that of an open input.
    private int Threshold(decimal ratio) => (int)Math.Min(0x7FFE, ratio * _nominalOhms / _referenceOhms * 32_768) << 1;

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
