using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Chips;

/// <summary>The keys of devices and points that the map alone describes, by their registers.</summary>
internal static class RegisterKeys
{
    /// <summary>The keys that say what a point is; a point has exactly one.</summary>
    public static readonly IReadOnlyList<string> Places = [ChipKeys.Field, "register", "send"];

    /// <summary>The keys of a point that need a register or something that is sent.</summary>
    public static readonly IReadOnlyList<string> ContentKeys = ["type", "order", "bit", "bits", "length", "at", "wait"];

    /// <summary>The keys of a device that has no <c>sensor</c>.</summary>
    public static readonly IReadOnlyList<string> DeviceKeys = ["register-width", "set-up", "check"];

    /// <summary>The keys of an entry of <c>set-up</c> that need a register.</summary>
    public static readonly IReadOnlyList<string> WriteKeys = ["value", "type", "order", "read-back"];

    private static readonly string[] NumberTypes =
        ["uint8", "int8", "uint16", "int16", "uint24", "int24", "uint32", "int32", "uint64", "int64"];

    /// <summary>The keys of a device.</summary>
    public static KeySchema[] Device =>
    [
        new()
        {
            Name = "register-width",
            Type = KeyType.Choice,
            Choices = ["8", "16"],
            Default = "8",
            Description = "The bits of a register's number, of a device without sensor.",
            Example = "16",
        },
        new()
        {
            Name = "set-up",
            Type = KeyType.SectionList,
            Section = SetUp,
            Description = "What is written or sent to a device without sensor before its first read, and again after a fault, in order.",
            Example = "{ register: 0x20, value: 0x57 }",
        },
        new()
        {
            Name = "check",
            Type = KeyType.Section,
            Section = Check,
            Description = "What a register of a device without sensor says if it is the right chip, usually its id.",
            Example = "{ register: 0x0F, value: 0x33 }",
        },
    ];

    /// <summary>The keys of a point.</summary>
    public static KeySchema[] Point =>
    [
        Register("Of a device without sensor: the register that the value is in."),
        Send("Of a device without sensor: the bytes that ask for the value, where a register's number does not.") with { Example = "0x2C06" },
        new()
        {
            Name = "at",
            Type = KeyType.Integer,
            Default = 0L,
            Minimum = 0,
            Maximum = 255,
            Unit = "bytes",
            Description = "How many bytes of the answer come before the value.",
            Example = "1",
        },
        Type([.. NumberTypes, "float32", "float64", "bool", "string"]),
        Order,
        new() { Name = "bit", Type = KeyType.Integer, Minimum = 0, Maximum = 63, Description = "One bit as a bool; 0 is the least significant.", Example = "3" },
        new()
        {
            Name = "bits",
            Type = KeyType.Text,
            Description = "Some bits as a number of their own, the lowest and the highest; with a sign if the type has one.",
            Example = "4-15",
        },
        new() { Name = "length", Type = KeyType.Integer, Minimum = 1, Maximum = 255, Unit = "bytes", Description = "The length of a string; trailing NUL and spaces are trimmed.", Example = "8" },
        Wait("How long the chip takes from being asked to having the value."),
    ];

    private static KeySchema Order => new()
    {
        Name = "order",
        Type = KeyType.Choice,
        Choices = RegisterField.Orders,
        Default = "ABCD",
        Description = "The order of the bytes; ABCD has the high byte first, DCBA the low one.",
        Example = "DCBA",
    };

    private static SectionSchema SetUp => new()
    {
        Name = "a write of 'set-up'",
        Keys =
        [
            Register("The register that is written."),
            Send("A command in place of a register: the bytes that are sent, as they are."),
            Value("What is written to the register; it must be there with one.") with { Required = false },
            Type(NumberTypes),
            Order,
            new()
            {
                Name = "read-back",
                Type = KeyType.Boolean,
                Default = true,
                Description = "Whether the register is read back, so that a chip that has not taken the value is told; false for one that cannot be read, or changes by itself.",
                Example = "false",
            },
            Wait("How long to wait after it, before it is read back."),
        ],
        ExactlyOneOf = [["register", "send"]],
    };

    private static SectionSchema Check => new()
    {
        Name = "'check'",
        Keys = [Register("The register that is read.") with { Required = true }, Value("What it must say."), Type(NumberTypes), Order],
    };

    private static KeySchema Register(string description) => new()
    {
        Name = "register",
        Type = KeyType.Integer,
        Minimum = 0,
        Maximum = 0xFFFF,
        Description = description,
        Example = "0x28",
    };

    private static KeySchema Send(string description) => new()
    {
        Name = "send",
        Type = KeyType.Text,
        Description = description,
        Example = "0x1E",
    };

    private static KeySchema Value(string description) => new()
    {
        Name = "value",
        Type = KeyType.Integer,
        Required = true,
        Description = description,
        Example = "0x57",
    };

    private static KeySchema Type(IReadOnlyList<string> choices) => new()
    {
        Name = "type",
        Type = KeyType.Choice,
        Choices = choices,
        Default = "uint8",
        Description = "What the bytes hold.",
        Example = "int16",
    };

    private static KeySchema Wait(string description) => new()
    {
        Name = "wait",
        Type = KeyType.Duration,
        Default = TimeSpan.Zero,
        Minimum = 0,
        Maximum = 10,
        Description = description,
        Example = "20 ms",
    };
}
