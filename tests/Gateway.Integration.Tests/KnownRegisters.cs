using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// A device with a register of every width in every byte order, and what is to be published of each. The registers are
/// those that Python's <c>struct.pack</c> gives for the values, its bytes arranged by the definition of each order.
/// </summary>
internal static class KnownRegisters
{
    /// <summary>Point name, its keys in the map, the registers there, the value in JSON.</summary>
    private static readonly (string Type, string Order, ushort[] Registers, string Value)[] Numbers =
    [
        ("uint16", "ABCD", [0xD431], "54321"),
        ("uint16", "BADC", [0x31D4], "54321"),
        ("int16", "ABCD", [0xCFC7], "-12345"),
        ("int16", "DCBA", [0xC7CF], "-12345"),
        ("uint32", "ABCD", [0x1234, 0x5678], "305419896"),
        ("uint32", "CDAB", [0x5678, 0x1234], "305419896"),
        ("uint32", "BADC", [0x3412, 0x7856], "305419896"),
        ("uint32", "DCBA", [0x7856, 0x3412], "305419896"),
        ("int32", "ABCD", [0xF8A4, 0x32EB], "-123456789"),
        ("int32", "CDAB", [0x32EB, 0xF8A4], "-123456789"),
        ("int32", "BADC", [0xA4F8, 0xEB32], "-123456789"),
        ("int32", "DCBA", [0xEB32, 0xA4F8], "-123456789"),
        ("uint64", "ABCD", [0xFEDC, 0xBA98, 0x7654, 0x3210], "18364758544493064720"),
        ("uint64", "CDAB", [0x3210, 0x7654, 0xBA98, 0xFEDC], "18364758544493064720"),
        ("uint64", "BADC", [0xDCFE, 0x98BA, 0x5476, 0x1032], "18364758544493064720"),
        ("uint64", "DCBA", [0x1032, 0x5476, 0x98BA, 0xDCFE], "18364758544493064720"),
        ("int64", "ABCD", [0xFEDC, 0xBA98, 0x7654, 0x3210], "-81985529216486896"),
        ("int64", "CDAB", [0x3210, 0x7654, 0xBA98, 0xFEDC], "-81985529216486896"),
        ("int64", "BADC", [0xDCFE, 0x98BA, 0x5476, 0x1032], "-81985529216486896"),
        ("int64", "DCBA", [0x1032, 0x5476, 0x98BA, 0xDCFE], "-81985529216486896"),
        ("float32", "ABCD", [0x4366, 0x199A], "230.1"),
        ("float32", "CDAB", [0x199A, 0x4366], "230.1"),
        ("float32", "BADC", [0x6643, 0x9A19], "230.1"),
        ("float32", "DCBA", [0x9A19, 0x6643], "230.1"),
        ("float64", "ABCD", [0xC0FE, 0x240C, 0x9FBE, 0x76C9], "-123456.789"),
        ("float64", "CDAB", [0x76C9, 0x9FBE, 0x240C, 0xC0FE], "-123456.789"),
        ("float64", "BADC", [0xFEC0, 0x0C24, 0xBE9F, 0xC976], "-123456.789"),
        ("float64", "DCBA", [0xC976, 0xBE9F, 0x0C24, 0xFEC0], "-123456.789"),
    ];

    /// <summary>What else a map can say of a point: keys, first address, registers or bits, the value and the unit.</summary>
    private static readonly (string Name, string Keys, string Value, string? Unit)[] Others =
    [
        ("serial_number", "holding: 200, type: string, length: 6", "\"SN-0815/B\"", null),
        ("swapped_text", "holding: 206, type: string, length: 6, order: BADC", "\"SN-0815/B\"", null),
        ("temperature", "holding: 220, type: int16, scale: 0.1, unit: °C", "23.5", "°C"),
        ("frost", "holding: 221, type: int16, scale: 0.1, offset: -40, unit: °C", "-50.5", "°C"),
        ("energy", "input: 0, type: uint32, order: CDAB, scale: 0.001, unit: kWh", "305419.896", "kWh"),
        ("mode", "holding: 222, enum: { 0: \"off\", 1: eco, 2: comfort }", "\"comfort\"", null),
        ("alarm", "holding: 223, bit: 3", "true", null),
        ("no_alarm", "holding: 223, bit: 4", "false", null),
        ("top_bit", "holding: 223, bit: 15", "true", null),
        ("modicon", "register: 40221, type: int16", "235", null),
        ("pump", "coil: 4", "true", null),
        ("valve", "coil: 5", "false", null),
        ("door", "discrete: 17", "true", null),
        ("window", "discrete: 18", "false", null),
    ];

    /// <summary>The tables of the device.</summary>
    public static PymodbusUnit Unit { get; } = new()
    {
        Holding =
        {
            [0] = [.. Numbers.SelectMany(n => n.Registers)],
            [200] = [0x534E, 0x2D30, 0x3831, 0x352F, 0x4200, 0x2000, 0x4E53, 0x302D, 0x3138, 0x2F35, 0x0042, 0x0020],
            [220] = [235, unchecked((ushort)-105), 2, 0x8008],
        },
        Input = { [0] = [0x5678, 0x1234] },
        Coils = { [4] = [true, false] },
        Discrete = { [17] = [true, false] },
    };

    /// <summary>What is to be published: by the point's name the value in JSON and the unit.</summary>
    public static IReadOnlyDictionary<string, (string Value, string? Unit)> Expected { get; } =
        Numbers.Select(n => (Name: NameOf(n.Type, n.Order), n.Value, Unit: (string?)null))
            .Concat(Others.Select(o => (o.Name, o.Value, o.Unit)))
            .ToDictionary(p => p.Name, p => (p.Value, p.Unit));

    /// <summary>The points, as a map has them.</summary>
    public static string Points { get; } = string.Join('\n', NumberLines().Concat(Others.Select(o => $"      {o.Name}: {{ {o.Keys} }}")));

    private static IEnumerable<string> NumberLines()
    {
        var address = 0;
        foreach (var (type, order, registers, _) in Numbers)
        {
            yield return $"      {NameOf(type, order)}: {{ holding: {address}, type: {type}, order: {order} }}";
            address += registers.Length;
        }
    }

    private static string NameOf(string type, string order) => $"{type}_{order}";
}
