using Gateway.Abstractions.Schema;
using Gateway.Drivers.Plugins;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Serial;

/// <summary>What the maps of the serial driver may say.</summary>
internal static class SerialSchema
{
    /// <summary>The value of <c>max-age</c> that sets no limit.</summary>
    public const string Never = "never";

    /// <summary>The longest frame that a map may ask for, bytes.</summary>
    public const int MaxFrameLength = 8192;

    /// <summary>The protocols that are code.</summary>
    public const string Nmea = "nmea";

    /// <summary>The P1 port of smart meters.</summary>
    public const string Dsmr = "dsmr";

    /// <summary>The keys that say where a point's value is; a point has exactly one.</summary>
    public static readonly IReadOnlyList<string> PlaceKeys = ["at", "match", "json", "column", "key", "field", "obis", "mbus", SerialWrite.CommandKey];

    /// <summary>What <c>field</c> may say.</summary>
    public static readonly IReadOnlyList<string> NmeaFields =
    [
        "latitude", "longitude", "altitude", "geoid-separation", "fix-quality", "satellites", "hdop", "time", "speed", "course", "fix-mode", "pdop", "vdop",
    ];

    /// <summary>What <c>mbus</c> may say.</summary>
    public static readonly IReadOnlyList<string> MbusMeters = ["gas", "water", "heat", "cooling", "electricity"];

    /// <summary>Protocols that stand for profiles.</summary>
    public static readonly IReadOnlyDictionary<string, string> Profiles = new Dictionary<string, string>
    {
        [Nmea] = "nmea/receiver",
        [Dsmr] = "dsmr/p1",
        ["sds011"] = "nova/sds011",
        ["pms5003"] = "plantower/pms5003",
        ["mh-z19"] = "winsen/mh-z19",
        ["scale"] = "generic/scale",
    };

    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "serial",
        Description = "Devices on a serial line that speak lines of text, binary frames or a protocol of their own.",
        Selector = new()
        {
            Name = "serial",
            Type = KeyType.Text,
            Required = true,
            Description = SerialLineSchema.PortDescription,
            Example = "/dev/ttyUSB0",
        },
        Bus = new Dictionary<string, SectionSchema>
        {
            [""] = new()
            {
                Name = "a serial bus",
                Keys =
                [
                    .. SerialLineSchema.Create((9600, ""), ("none", ""), "", ""),
                    new()
                    {
                        Name = "pause",
                        Type = KeyType.Duration,
                        Default = TimeSpan.Zero,
                        Minimum = 0,
                        Maximum = 10,
                        Description = "The rest between an answer and the next request.",
                        Example = "20 ms",
                    },
                    Transports.Key,
                ],
                Instead = new Dictionary<string, string> { ["port"] = "the port is the value of 'serial', for example serial: /dev/ttyUSB0" },
            },
        },
        Device = new() { Name = "a serial device", Keys = DeviceKeys },
        Point = new() { Name = "a serial point", Keys = PointKeys, ExactlyOneOf = [PlaceKeys] },
        NamedProfiles = new NamedProfiles("protocol", Profiles),
    };

    private static KeySchema[] DeviceKeys =>
    [
        new()
        {
            Name = "protocol",
            Type = KeyType.Choice,
            Choices = [.. Profiles.Keys],
            Description = "A device that the gateway knows: its frames and points come from the device library.",
            Example = Nmea,
        },
        new() { Name = "frame", Type = KeyType.Section, Section = FrameSchema.Frame, Description = "How the device's frames are told apart.", Example = "{ end: \"\\r\\n\" }" },
        new()
        {
            Name = "request",
            Type = KeyType.TextList,
            Description = "What the device is asked with at every read; without it the device speaks by itself. Text, or bytes as 0x01.",
            Example = "\"SI\\r\\n\"",
        },
        new()
        {
            Name = "timeout",
            Type = KeyType.Duration,
            Default = TimeSpan.FromSeconds(1),
            Minimum = 0.001m,
            Maximum = 60,
            Description = "How long the whole answer to a request may take.",
            Example = "500 ms",
        },
        new()
        {
            Name = "max-age",
            Type = KeyType.Duration,
            Choices = [Never],
            Default = TimeSpan.FromMinutes(1),
            Minimum = 0.1m,
            Maximum = 30 * 86_400,
            Description = "How long a device that speaks by itself may be silent before its points are bad; never for one that speaks on occasion.",
            Example = "10 s",
        },
        new() { Name = "separator", Type = KeyType.Text, Default = ",", Description = "The character between columns.", Example = "\";\"" },
        new()
        {
            Name = "decoder",
            Type = KeyType.File,
            Companion = ".test.json",
            Description = "A JavaScript file with decodeUplink(input), as The Things Network and ChirpStack have it; a file of tests beside it is run by check.",
            Example = "decoders/soil.js",
        },
        new()
        {
            Name = "simulate",
            Type = KeyType.TextList,
            Description = "The frames that the device sends in turn when it is simulated; {point} in a text is that point's simulated value.",
            Example = "[\"ST,GS,+{weight}kg\\r\\n\"]",
        },
    ];

    private static KeySchema[] PointKeys =>
    [
        new()
        {
            Name = "at",
            Type = KeyType.Integer,
            Minimum = -MaxFrameLength,
            Maximum = MaxFrameLength,
            Unit = "bytes",
            Description = "The offset of a binary value from the frame's first byte; negative from behind its last.",
            Example = "2",
        },
        new() { Name = "match", Type = KeyType.Text, Description = "A regular expression; its first group is the value, or all that it matches.", Example = "'([+-]?\\d+\\.\\d+)kg'" },
        new() { Name = "json", Type = KeyType.Text, Description = "The way to the value in a frame that is a JSON text.", Example = "sensors[0].temperature" },
        new() { Name = "column", Type = KeyType.Integer, Minimum = 1, Maximum = 1000, Description = "The column of a frame that is a line of them, from 1.", Example = "3" },
        new() { Name = "key", Type = KeyType.Text, Description = "With decoder: the way to the value in what decodeUplink returns as data.", Example = "soil.moisture" },
        new() { Name = "field", Type = KeyType.Choice, Choices = NmeaFields, Description = "With protocol: nmea, what a receiver tells.", Example = "latitude" },
        new() { Name = "obis", Type = KeyType.Text, Description = "With protocol: dsmr, the code of the value.", Example = "1-0:1.7.0" },
        new() { Name = "mbus", Type = KeyType.Choice, Choices = MbusMeters, Description = "With protocol: dsmr, the reading of the first meter of its kind on the M-Bus.", Example = "gas" },
        new()
        {
            Name = SerialWrite.CommandKey,
            Type = KeyType.TextList,
            Description = "A point that is written and never read: what is sent when it is written, as in write-request; without a place for the value it takes true.",
            Example = "\"T\\r\\n\"",
        },
        new()
        {
            Name = "type",
            Type = KeyType.Choice,
            Choices = ["uint8", "int8", "uint16", "int16", "uint24", "int24", "uint32", "int32", "uint64", "int64", "float32", "float64", "bool", "string", "number"],
            Description = "What the value is: with at, what the bytes hold (default uint8); else number or string, by default a number where it is one.",
            Example = "uint16",
        },
        new()
        {
            Name = "order",
            Type = KeyType.Choice,
            Choices = ["ABCD", "CDAB", "BADC", "DCBA"],
            Default = "ABCD",
            Description = "With at: the order of the bytes; DCBA has the low byte first.",
            Example = "DCBA",
        },
        new() { Name = "bit", Type = KeyType.Integer, Minimum = 0, Maximum = 63, Description = "With at: one bit as a bool; 0 is the least significant.", Example = "3" },
        new() { Name = "length", Type = KeyType.Integer, Minimum = 1, Maximum = 1024, Unit = "bytes", Description = "With at: the length of a string; trailing NUL and spaces are trimmed.", Example = "8" },
        new() { Name = "request", Type = KeyType.TextList, Description = "What asks for this point, where it is not the device's own request.", Example = "\"T\\r\\n\"" },
        new()
        {
            Name = "write-request",
            Type = KeyType.TextList,
            Description = "What is sent to write the point: text, or bytes as 0x01, with {value} where the value goes as text, {value:uint16} or another type where it goes as bytes ({value:uint16:DCBA} low byte first), and {checksum} for that of the device's frames over what stands before it.",
            Example = "\"SP={value}\\r\\n\"",
        },
        new()
        {
            Name = "write-answer",
            Type = KeyType.TextList,
            Description = "What the device must say within 'timeout' for a write to be done, anywhere in what it says; without it a write is done when it is sent. Text, or bytes as 0x06.",
            Example = "\"OK\"",
        },
        WaveformSchema.Key,
    ];
}
