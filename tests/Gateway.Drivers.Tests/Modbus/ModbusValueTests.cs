using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Modbus;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Values from and to registers: <c>values.txt</c>, which was computed by others, and round trips.</summary>
public sealed class ModbusValueTests : IDisposable
{
    private static readonly string Vectors = Path.Combine(Repository.Root, "tests", "Gateway.Drivers.Tests", "Modbus", "values.txt");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-values-");

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var line in File.ReadLines(Vectors).Where(line => line[0] != '#'))
            {
                var fields = line.Split(" | ");
                cases.Add(fields[0], fields[1], fields[2]);
            }

            return cases;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Registers_hold_what_others_put_into_them(string registers, string keys, string expected)
    {
        var point = Parse(keys);

        var reading = ModbusValue.Decode(point, Registers(registers));

        Assert.Equal(expected, reading.Reason is null ? reading.Value.ToString() : "!" + reading.Reason);
    }

    // A list is not written, and what follows the end of a text is not kept.
    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_read_is_written_as_it_was(string registers, string keys, string expected)
    {
        if (expected[0] is '!' or '[' || registers is "4142 00FF" or "4142 4320")
        {
            return;
        }

        var point = Parse(keys);
        var all = Registers(registers);
        var written = all[..point.Place.Count];
        if (point.Content is not ModbusContent.Field)
        {
            Array.Clear(written);
        }

        var power = point.ScaleRegister is { } register ? (short)all[register] : 0;
        var reading = ModbusValue.Decode(point, all);
        var error = ModbusValue.Encode(point, reading.Value, power, written);

        Assert.Null(error);
        Assert.Equal(all[..point.Place.Count], written);
    }

    [Fact]
    public void Fields_of_one_register_leave_each_other_alone()
    {
        var point = Parse("bits=4-7 write=true");
        var cases = from before in Gen.Choose(0, 0xFFFF) from field in Gen.Choose(0, 15) select (before, field);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            ushort[] register = [(ushort)c.before];
            return ModbusValue.Encode(point, PointValue.From((long)c.field), 0, register) is null
                && (register[0] & 0xFF0F) == (c.before & 0xFF0F)
                && (register[0] >> 4 & 0xF) == c.field;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_scaled_value_that_was_read_is_written_back_as_the_same_registers()
    {
        var point = Parse("type=int16 scale-register=1");
        var cases = from raw in Gen.Choose(short.MinValue + 1, short.MaxValue) from power in Gen.Choose(-10, 10) select (raw, power);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var reading = ModbusValue.Decode(point, [(ushort)c.raw, (ushort)c.power]);
            ushort[] written = [0];
            return ModbusValue.Encode(point, reading.Value, c.power, written) is null && written[0] == (ushort)c.raw;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("type=uint8", "256", "'256' is not a whole number from 0 to 255")]
    [InlineData("type=int8", "-129", "'-129' is not a whole number from -128 to 127")]
    [InlineData("bits=4-7", "16", "'16' is not a whole number from 0 to 15")]
    [InlineData("type=bcd16", "10000", "10000 does not fit bcd16, which holds 0 to 9999")]
    [InlineData("type=float16", "70000", "70000 does not fit float16")]
    [InlineData("type=unix32", "noon", "'noon' is no time such as 2026-11-22T13:45:00Z")]
    [InlineData("type=ymdhms", "1999-01-01T00:00:00Z", "device.x cannot hold the time '1999-01-01T00:00:00Z'")]
    [InlineData("type=ipv4", "fe80::1", "'fe80::1' is no IPv4 address")]
    [InlineData("type=mac", "12", "'12' is no Mac address")]
    [InlineData("type=string length=2 encoding=ascii", "né", "'né' is longer than the 4 bytes that device.x has room for, or has characters that its encoding lacks")]
    public void A_value_that_does_not_suit_is_refused(string keys, string value, string expected)
    {
        var point = Parse(keys);
        var number = decimal.TryParse(value, CultureInfo.InvariantCulture, out var parsed) && point.Content != ModbusContent.Address;

        var error = ModbusValue.Encode(point, number ? PointValue.From(parsed) : PointValue.From(value), 0, new ushort[point.Place.Count]);

        Assert.Equal(expected, error);
    }

    private static ushort[] Registers(string hex) => [.. hex.Split(' ').Select(word => ushort.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];

    private ModbusPoint Parse(string keys)
    {
        var path = Path.Combine(_folder.FullName, "map.yaml");
        var point = string.Join(", ", keys.Split(' ').Select(key => key.Replace("=", ": ", StringComparison.Ordinal)));
        File.WriteAllText(path, $"bus: {{ modbus: tcp, host: 127.0.0.1 }}\ndevices: [{{ name: device, points: {{ x: {{ holding: 0, {point} }} }} }}]\n");
        var result = new MapLoader(DriverCatalog.Create(), new DiskFiles()).Load([path]);
        Assert.Empty(result.Diagnostics);
        var diagnostics = new List<Diagnostic>();
        return ModbusPointParser.Parse(result.Buses[0].Devices[0].Points[0], diagnostics)!;
    }
}
