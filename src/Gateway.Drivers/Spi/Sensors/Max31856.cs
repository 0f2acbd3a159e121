using System.Buffers.Binary;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi.Sensors;

/// <summary>MAX31856: a thermocouple of any type, linearised, and the cold junction; measured all the time. MAX31856 datasheet, tables 6 to 8.</summary>
/// <param name="device">The device, which says the thermocouple and the mains frequency.</param>
internal sealed class Max31856(DeviceDefinition device) : Chip<ISpiDevice>
{
    private const byte WriteFlag = 0x80;
    private const byte FaultRegister = 0x0F;
    private const byte ColdJunctionRegister = 0x0A;
    private const byte Continuous = 0x80;
    private const byte OpenCircuitDetection = 0x10; // with a resistance below 5 kΩ

    private readonly byte _control = (byte)(Continuous | OpenCircuitDetection | (device.Settings.Get<string>("mains") == "50" ? 1 : 0));
    private readonly byte _type = (byte)Array.IndexOf(Thermocouples, device.Settings.Get<string>("thermocouple"));

    /// <summary>What it measures.</summary>
    public static string[] Fields => ["temperature", "cold_junction"];

    /// <summary>Thermocouples, in the order of their codes.</summary>
    public static string[] Thermocouples { get; } = ["B", "E", "J", "K", "N", "R", "S", "T"];

    public override IEnumerable<TimeSpan> SetUp(ISpiDevice port)
    {
        // The mains frequency may change only while it does not convert.
        port.Transfer([WriteFlag, (byte)(_control & ~Continuous), _type], []);
        port.Transfer([WriteFlag, _control], []);
        var received = new byte[3];
        port.Transfer(new byte[3], received);
        if (received[1] != _control || received[2] != _type)
        {
            throw WrongChip.At("a MAX31856", $"what was written to its control registers is not there, but 0x{received[1]:x2} and 0x{received[2]:x2}");
        }

        yield return TimeSpan.FromMilliseconds(240); // the first conversion, at 50 Hz with detection
    }

    public override IEnumerable<TimeSpan> Measure(ISpiDevice port, IReadOnlyList<int> asked, ChipValues values)
    {
        var received = new byte[2 + FaultRegister];
        port.Transfer(new byte[2 + FaultRegister], received);
        if (received[1] != _control || received[2] != _type)
        {
            throw LostSetUp.Of($"its control registers hold 0x{received[1]:x2} and 0x{received[2]:x2}");
        }

        Decode(received.AsSpan(1 + ColdJunctionRegister), values);
        yield break;
    }

    /// <summary>The registers from 0x0A to 0x0F: cold junction in 14 bits of a 64th, thermocouple in 19 bits of a 128th, faults.</summary>
    public static void Decode(ReadOnlySpan<byte> registers, ChipValues values)
    {
        var fault = registers[FaultRegister - ColdJunctionRegister];
        values.Set(1, decimal.Round((BinaryPrimitives.ReadInt16BigEndian(registers) >> 2) / 64m, 4));
        if ((fault & 0b0100_0011) == 0)
        {
            values.Set(0, ((registers[2] << 24 | registers[3] << 16 | registers[4] << 8) >> 13) / 128m);
        }
        else
        {
            values.Fail(0, (fault & 1) != 0 ? ChipReasons.OpenCircuit : (fault & 2) != 0 ? ChipReasons.ShortCircuit : ChipReasons.OverRange);
        }
    }
}
