using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Modbus;

/// <summary>What a point of a Modbus map may say.</summary>
internal static class ModbusPointSchema
{
    private const string AddressInstead = "say which table it is in: 'holding', 'input', 'coil' or 'discrete' with the wire address from zero, or 'register' with the number of Modicon notation";

    /// <summary>The keys that say where a point is; a point has exactly one.</summary>
    public static readonly IReadOnlyList<string> AddressKeys = ["holding", "input", "coil", "discrete", "register", SunSpec.SunSpecPointParser.Key];

    /// <summary>The keys of a point.</summary>
    public static SectionSchema Section => new()
    {
        Name = "a modbus point",
        Keys = [.. Place, .. Content, .. Writing, Simulated.WaveformSchema.Key],
        ExactlyOneOf = [AddressKeys],
        Instead = AddressNames.ToDictionary(name => name, _ => AddressInstead),
    };

    /// <summary>What the address of a point is called elsewhere.</summary>
    private static string[] AddressNames => ["address", "addr", "reg", "register-address"];

    private static KeySchema[] Place =>
    [
        Address("holding", "a holding register"),
        Address("input", "an input register"),
        Address("coil", "a coil"),
        Address("discrete", "a discrete input"),
        new()
        {
            Name = "register",
            Type = KeyType.Integer,
            Minimum = 1,
            Maximum = 465_536,
            Description = "A number in Modicon notation, five or six digits: 40001 is holding register 0.",
            Example = "40001",
        },
        new()
        {
            Name = SunSpec.SunSpecPointParser.Key,
            Type = KeyType.Text,
            Description = "A point of a SunSpec model, by the model's name or number: it is looked for in the device, with its type, its scale factor and its mark for no value. Points that repeat have their group and number, as in mppt.module.1.DCW.",
            Example = "inverter.W",
        },
    ];

    private static KeySchema[] Content =>
    [
        new()
        {
            Name = "type",
            Type = KeyType.Choice,
            Choices = ModbusPointParser.TypeNames,
            Default = "uint16",
            Description = "What the registers hold; a coil and a discrete input always hold a bool. Dates and addresses are published as texts.",
            Example = "float32",
        },
        new()
        {
            Name = "order",
            Type = KeyType.Choice,
            Choices = ModbusPointParser.OrderNames,
            Default = "ABCD",
            Description = "The order of the bytes: ABCD is that of the standard, CDAB has the low word first, BADC and DCBA have the bytes of each register exchanged. The names of two and of eight letters are the same orders spelt out for 16 and 64 bits.",
            Example = "CDAB",
        },
        new()
        {
            Name = "bit",
            Type = KeyType.Integer,
            Minimum = 0,
            Maximum = 63,
            Description = "One bit of a whole number as a bool; 0 is the least significant.",
            Example = "3",
        },
        new()
        {
            Name = "bits",
            Type = KeyType.Text,
            Description = "Some bits of a whole number as a number of their own, the lowest and the highest.",
            Example = "4-7",
        },
        new()
        {
            Name = "byte",
            Type = KeyType.Choice,
            Choices = ["low", "high"],
            Default = "low",
            Description = "Which byte of its register an int8 or uint8 is.",
            Example = "high",
        },
        new()
        {
            Name = "length",
            Type = KeyType.Integer,
            Minimum = 1,
            Maximum = 125,
            Unit = "registers",
            Description = "The length of a string; what follows a NUL, and trailing spaces, are trimmed.",
            Example = "8",
        },
        new()
        {
            Name = "encoding",
            Type = KeyType.Choice,
            Choices = ["utf-8", "ascii", "latin1", "utf-16"],
            Default = "utf-8",
            Description = "How the characters of a string lie; utf-16 takes a register for each.",
            Example = "latin1",
        },
        new()
        {
            Name = "padding",
            Type = KeyType.Choice,
            Choices = ["nul", "space"],
            Default = "nul",
            Description = "What fills up a string that is written.",
            Example = "space",
        },
        new()
        {
            Name = "time-zone",
            Type = KeyType.Text,
            Default = "utc",
            Description = "What the clock of an iec870 or ymdhms shows: utc, local (the gateway's), or a zone by its name. It is published in UTC.",
            Example = "Europe/Berlin",
        },
        new()
        {
            Name = "count",
            Type = KeyType.Integer,
            Minimum = 2,
            Maximum = 2000,
            Description = "How many values of the type stand one after the other; they are published as a list.",
            Example = "24",
        },
        new()
        {
            Name = "scale-register",
            Type = KeyType.Integer,
            Minimum = 0,
            Maximum = ModbusSchema.LastAddress,
            Description = "The wire address, in the same table, of a register with the power of ten (-10 to 10) that the value is multiplied by; read together with the value.",
            Example = "40076",
        },
        new()
        {
            Name = "not-available",
            Type = KeyType.TextList,
            Description = "What the registers show where there is no value: a number, or the bits of the whole value in hexadecimal. The point is bad then, with reason not-available.",
            Example = "0xFFFF",
        },
    ];

    private static KeySchema[] Writing =>
    [
        new()
        {
            Name = "write-address",
            Type = KeyType.Integer,
            Minimum = 0,
            Maximum = ModbusSchema.LastAddress,
            Description = "The wire address of the holding register or coil that is written, where it is not the one that is read.",
            Example = "200",
        },
        new()
        {
            Name = "write-function",
            Type = KeyType.Choice,
            Choices = ["single", "multiple", "mask"],
            Description = "The function for writing: single (5, 6), multiple (15, 16) or mask (22, for some bits of a register). Default: single for one, multiple for more; bits are written after their register was read.",
            Example = "multiple",
        },
        new()
        {
            Name = "read-back",
            Type = KeyType.Boolean,
            Default = false,
            Description = "Whether a write is answered only after the value was read and is the one that was written.",
            Example = "true",
        },
    ];

    private static KeySchema Address(string table, string meaning) => new()
    {
        Name = table,
        Type = KeyType.Integer,
        Minimum = 0,
        Maximum = ModbusSchema.LastAddress,
        Description = $"The wire address of {meaning}, from zero.",
        Example = "100",
    };
}
