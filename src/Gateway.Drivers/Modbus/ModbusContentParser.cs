using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>Turns the keys that say what registers hold into a point, or into errors.</summary>
internal static partial class ModbusContentParser
{
    private static readonly Dictionary<string, RegisterType> Numbers = new()
    {
        ["uint16"] = RegisterType.UInt16,
        ["int16"] = RegisterType.Int16,
        ["uint32"] = RegisterType.UInt32,
        ["int32"] = RegisterType.Int32,
        ["uint64"] = RegisterType.UInt64,
        ["int64"] = RegisterType.Int64,
        ["float32"] = RegisterType.Float32,
        ["float64"] = RegisterType.Float64,
        ["float16"] = RegisterType.Float16,
        ["bcd16"] = RegisterType.Bcd16,
        ["bcd32"] = RegisterType.Bcd32,
        ["bcd64"] = RegisterType.Bcd64,
    };

    private static readonly Dictionary<string, TimeForm> Times = new()
    {
        ["unix32"] = TimeForm.Unix32,
        ["unix64"] = TimeForm.Unix64,
        ["unix64-ms"] = TimeForm.Unix64Milliseconds,
        ["ymdhms"] = TimeForm.YearToSecond,
        ["iec870"] = TimeForm.Iec870,
    };

    private static readonly Dictionary<string, AddressForm> Addresses = new()
    {
        ["ipv4"] = AddressForm.IPv4,
        ["ipv6"] = AddressForm.IPv6,
        ["mac"] = AddressForm.Mac,
    };

    private static readonly Dictionary<string, ByteOrder> Orders = new()
    {
        ["ABCD"] = ByteOrder.ABCD,
        ["CDAB"] = ByteOrder.CDAB,
        ["BADC"] = ByteOrder.BADC,
        ["DCBA"] = ByteOrder.DCBA,
        ["AB"] = ByteOrder.ABCD,
        ["BA"] = ByteOrder.BADC,
        ["ABCDEFGH"] = ByteOrder.ABCD,
        ["GHEFCDAB"] = ByteOrder.CDAB,
        ["BADCFEHG"] = ByteOrder.BADC,
        ["HGFEDCBA"] = ByteOrder.DCBA,
    };

    private static readonly string[] Bytes = ["uint8", "int8"];
    private static readonly string[] Unsigned = ["uint16", "uint32", "uint64"];
    private static readonly string[] Clocks = ["ymdhms", "iec870"];
    private static readonly string[] Scalable = [.. Numbers.Keys.Concat(Bytes)];

    // Keys that go with some types only, and what those are called.
    private static readonly (string Key, string[] Types, string Name)[] Particular =
    [
        ("length", ["string"], "strings"),
        ("encoding", ["string"], "strings"),
        ("padding", ["string"], "strings"),
        ("byte", Bytes, "'int8' and 'uint8'"),
        ("bit", ["bool", .. Unsigned], "whole numbers without a sign"),
        ("bits", Unsigned, "whole numbers without a sign"),
        ("time-zone", Clocks, "'iec870' and 'ymdhms'"),
        ("count", ["bool", .. Scalable], "numbers and 'bool'"),
        ("scale-register", [.. Numbers.Keys.Where(name => !Numbers[name].IsFloat())], "whole numbers"),
        ("not-available", [.. Numbers.Keys], "numbers"),
        ("scale", Scalable, "numbers"),
        ("offset", Scalable, "numbers"),
        ("round", Scalable, "numbers"),
        ("flags", [.. Unsigned, "uint8"], "whole numbers without a sign"),
    ];

    /// <summary>The types that a map may name.</summary>
    public static IReadOnlyList<string> TypeNames { get; } = [.. Numbers.Keys, .. Bytes, "bool", "string", .. Times.Keys, .. Addresses.Keys];

    /// <summary>The byte orders that a map may name.</summary>
    public static IReadOnlyList<string> OrderNames { get; } = [.. Orders.Keys];

    /// <summary>What the map calls a type: <c>uint16</c>.</summary>
    public static string NameOf(RegisterType type) => Numbers.First(pair => pair.Value == type).Key;

    /// <summary>The type that a map calls so.</summary>
    public static RegisterType NumberOf(string name) => Numbers[name];

    /// <summary>A point in registers; what is wrong is reported.</summary>
    public static ModbusPoint Parse(PointDefinition point, ModbusTable table, ushort address, Action<string, string> refuse)
    {
        var settings = point.Settings;
        var type = settings.Get<string>("type");
        foreach (var (key, types, name) in Particular)
        {
            if (settings.IsWritten(key) && !types.Contains(type))
            {
                refuse(key, $"'{key}' is for {name}, not for 'type: {type}'");
            }
        }

        var count = settings.TryGet<long>("count", out var several) ? (int)several : 1;
        var one = OfType(point, type, table, address, refuse);
        var place = one.Place with { Count = one.Place.Count * count };
        if (place.Count > ModbusLimits.MaxReadRegisters)
        {
            refuse("count", $"{count} values are {place.Count} registers, more than the {ModbusLimits.MaxReadRegisters} that one request can read");
        }

        var order = ReadOrder(settings, one, refuse);
        var located = one with { Place = place, Range = place, Count = count, Order = order };
        return WithScaleRegister(located with { NotAvailable = [.. ReadNotAvailable(settings, located, refuse)] }, refuse);
    }

    private static ModbusPoint OfType(PointDefinition point, string type, ModbusTable table, ushort address, Action<string, string> refuse)
    {
        var settings = point.Settings;
        ModbusPoint Of(int registers, ModbusContent content) => new(point, new ReadRange(table, address, registers), content);

        if (settings.IsWritten("bit") || settings.IsWritten("bits"))
        {
            var number = Numbers.GetValueOrDefault(type, RegisterType.UInt16);
            return Of(number.RegisterCount(), ModbusContent.Field) with { Field = ReadField(settings, number, refuse) };
        }

        if (Numbers.TryGetValue(type, out var found))
        {
            return Of(found.RegisterCount(), ModbusContent.Number) with { Type = found };
        }

        if (Times.TryGetValue(type, out var time))
        {
            return Of(time.RegisterCount(), ModbusContent.Time) with { TimeForm = time, TimeZone = ReadZone(settings, refuse) };
        }

        if (Addresses.TryGetValue(type, out var form))
        {
            return Of(form.RegisterCount(), ModbusContent.Address) with { AddressForm = form };
        }

        switch (type)
        {
            case "string":
                if (!settings.TryGet<long>("length", out var length))
                {
                    refuse("type", "a string needs 'length', the number of its registers");
                }

                return Of(Math.Max(1, (int)length), ModbusContent.Text) with
                {
                    Encoding = Enum.Parse<TextEncoding>(settings.Get<string>("encoding").Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
                    Padding = settings.Get<string>("padding") == "space" ? ' ' : '\0',
                };
            case "bool":
                return Of(1, ModbusContent.Boolean);
            default:
                var lowest = settings.Get<string>("byte") == "high" ? 8 : 0;
                return Of(1, ModbusContent.Field) with { Field = new BitField(lowest, 8, type == "int8" ? FieldKind.Signed : FieldKind.Unsigned) };
        }
    }

    private static BitField ReadField(Settings settings, RegisterType number, Action<string, string> refuse)
    {
        var last = (16 * number.RegisterCount()) - 1;
        if (settings.TryGet<long>("bit", out var bit))
        {
            if (settings.IsWritten("bits"))
            {
                refuse("bits", "a point has 'bit' or 'bits', not both");
            }
            else if (bit > last)
            {
                refuse("bit", $"'bit' must be between 0 and {last} here, found '{bit}'");
            }

            return new BitField((int)Math.Min(bit, last), 1, FieldKind.Flag);
        }

        var text = settings.Get<string>("bits");
        if (Span().Match(text) is { Success: true } span
            && int.Parse(span.Groups[1].ValueSpan, CultureInfo.InvariantCulture) is var lowest
            && int.Parse(span.Groups[2].ValueSpan, CultureInfo.InvariantCulture) is var highest
            && lowest <= highest
            && highest <= last)
        {
            return new BitField(lowest, highest - lowest + 1, FieldKind.Unsigned);
        }

        refuse("bits", $"'bits' must be the lowest and the highest bit, 0 to {last} here, such as 'bits: 4-7', found '{text}'");
        return new BitField(0, 1, FieldKind.Unsigned);
    }

    private static ByteOrder ReadOrder(Settings settings, ModbusPoint one, Action<string, string> refuse)
    {
        var name = settings.Get<string>("order");
        var registers = name.Length / 2;
        if (registers is 1 or 4 && one.Place.Count != registers)
        {
            refuse("order", $"'order: {name}' is for values of {ModbusPointParser.Count(registers)}; 'type: {settings.Get<string>("type")}' has {one.Place.Count}: use ABCD, CDAB, BADC or DCBA");
        }

        return Orders[name];
    }

    private static TimeZoneInfo ReadZone(Settings settings, Action<string, string> refuse)
    {
        var name = settings.Get<string>("time-zone");
        if (name is "utc" or "local")
        {
            return name == "utc" ? TimeZoneInfo.Utc : TimeZoneInfo.Local;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
        {
            return zone;
        }

        refuse("time-zone", $"there is no time zone '{name}' on this machine; write utc, local or a name such as Europe/Berlin");
        return TimeZoneInfo.Utc;
    }

    private static IEnumerable<ulong> ReadNotAvailable(Settings settings, ModbusPoint point, Action<string, string> refuse)
    {
        if (point.Content != ModbusContent.Number || !settings.TryGet<IReadOnlyList<string>>("not-available", out var texts))
        {
            yield break;
        }

        var registers = new ushort[point.Type.RegisterCount()];
        foreach (var text in texts)
        {
            if (text.StartsWith("0x", StringComparison.Ordinal)
                && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
                && (registers.Length == 4 || bits >> (16 * registers.Length) == 0))
            {
                yield return bits;
            }
            else if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && RegisterCodec.TryEncode(number, point.Type, ByteOrder.ABCD, registers))
            {
                yield return RegisterCodec.DecodeBits(registers, ByteOrder.ABCD);
            }
            else
            {
                refuse("not-available", $"'{text}' is nothing that '{NameOf(point.Type)}' can hold; write a number, or the bits such as 0x{new string('F', 4 * registers.Length)}");
            }
        }
    }

    // The value is worth nothing without the register, and some devices change both at once: they are read together.
    private static ModbusPoint WithScaleRegister(ModbusPoint point, Action<string, string> refuse)
    {
        if (point.Content != ModbusContent.Number || !point.Definition.Settings.TryGet<long>("scale-register", out var register))
        {
            return point;
        }

        var range = Around(point.Place, (int)register);
        if (range.Count > ModbusLimits.MaxReadRegisters)
        {
            refuse("scale-register", $"'scale-register: {register}' is too far from the value: together they are {range.Count} registers, more than the {ModbusLimits.MaxReadRegisters} that one request can read");
        }

        return point with { Range = range, ScaleRegister = (int)register };
    }

    /// <summary>The smallest range that has all of another and one more address.</summary>
    public static ReadRange Around(ReadRange range, int address)
    {
        var start = Math.Min(range.Address, address);
        return range with { Address = (ushort)start, Count = Math.Max(range.End, address + 1) - start };
    }

    [GeneratedRegex(@"^([0-9]{1,2}) ?- ?([0-9]{1,2})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Span();
}
