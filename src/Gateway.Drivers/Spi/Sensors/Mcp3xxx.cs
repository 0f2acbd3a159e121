using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi.Sensors;

/// <summary>
/// MCP3004, MCP3008 (10 bits), MCP3204 and MCP3208 (12 bits): voltages of inputs against ground and of pairs. DS21295 §5, DS21298 §5.
/// </summary>
/// <param name="device">The device, which says the reference voltage.</param>
/// <param name="inputs">How many inputs the chip has.</param>
/// <param name="bits">Bits of a value.</param>
internal sealed class Mcp3xxx(DeviceDefinition device, int inputs, int bits) : Chip<ISpiDevice>
{
    private readonly decimal _referenceVolts = device.Settings.Get<decimal>("reference");

    /// <summary>The inputs, then the pairs in the order of their codes. Table 5-1, 5-2.</summary>
    public static string[] FieldsOf(int inputs) =>
    [
        .. Enumerable.Range(0, inputs).Select(input => $"ch{input}"),
        .. Enumerable.Range(0, inputs).Select(code => $"ch{code}-ch{code ^ 1}"),
    ];

    public override IEnumerable<TimeSpan> Measure(ISpiDevice port, IReadOnlyList<int> asked, ChipValues values)
    {
        var received = new byte[3];
        foreach (var field in asked)
        {
            port.Transfer(Request(field), received);
            values.Set(field, Decode(received));
        }

        yield break;
    }

    /// <summary>
    /// A start bit, one for a single input, three for its number; padded so that the value ends with the third byte. Figure 6-1.
    /// </summary>
    public byte[] Request(int field)
    {
        var code = (field < inputs ? 0x18 : 0x10) | (field % inputs);
        var shifted = code << (bits + 2); // the chip samples for a clock and a half, and gives a zero
        return [(byte)(shifted >> 16), (byte)(shifted >> 8), (byte)shifted];
    }

    /// <summary>Volts; the value has a bit before it that is 0. Figure 5-1.</summary>
    /// <exception cref="BusException">That bit is set: nobody drives the line.</exception>
    public decimal Decode(ReadOnlySpan<byte> received)
    {
        var answer = (received[1] << 8) | received[2];
        if ((answer >> bits & 1) != 0)
        {
            throw new BusException(BusReasons.NoAck, "The converter does not answer: a bit is set that it always has at 0; look at its wires and its supply.");
        }

        return (answer & ((1 << bits) - 1)) * _referenceVolts / (1 << bits);
    }
}
