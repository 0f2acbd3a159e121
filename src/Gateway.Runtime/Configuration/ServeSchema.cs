using Gateway.Abstractions.Schema;

namespace Gateway.Runtime.Configuration;

/// <summary>What an entry of <c>serve</c> may say.</summary>
internal static class ServeSchema
{
    /// <summary>The most registers that one request can read. Modbus Application Protocol 1.1b3 §6.3.</summary>
    public const int MaxRegisters = 125;

    /// <summary>The transport over UDP, whose ports are others than TCP's.</summary>
    public const string Datagrams = "rtu-over-udp";

    private const int TableSize = 65536;

    /// <summary>The tables, as maps call them.</summary>
    public static readonly IReadOnlyList<string> Tables = ["holding", "input", "coil", "discrete"];

    private static readonly string[] Transports = ["tcp", "tls", "rtu-over-tcp", Datagrams, "rtu", "ascii"];

    /// <summary>What a value may say.</summary>
    private static readonly SectionSchema Value = new()
    {
        Name = "a served value",
        Keys =
        [
            .. Tables.Select(table => new KeySchema { Name = table, Type = KeyType.Integer, Minimum = 0, Maximum = TableSize - 1, Description = $"The zero-based wire address in the table '{table}'.", Example = "0" }),
            new() { Name = "type", Type = KeyType.Choice, Choices = ["uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64", "string"], Default = "float32", Description = "What the registers hold. Of true and false that is 1 and 0, of an enum its number, of flags their bits.", Example = "int16" },
            new() { Name = "length", Type = KeyType.Integer, Minimum = 1, Maximum = MaxRegisters, Unit = "registers", Description = "How long a string is; a longer text is cut off.", Example = "8" },
            new() { Name = "count", Type = KeyType.Integer, Default = 1L, Minimum = 1, Maximum = MaxRegisters, Description = "How many values of a list are served, one behind the other.", Example = "4" },
            new() { Name = "order", Type = KeyType.Choice, Choices = ["ABCD", "CDAB", "BADC", "DCBA"], Default = "ABCD", Description = "The order of the bytes.", Example = "CDAB" },
            new() { Name = "scale", Type = KeyType.Number, Default = 1m, Description = "Registers × scale is the value.", Example = "0.1" },
            new() { Name = "unit", Type = KeyType.Integer, Default = 1L, Minimum = 0, Maximum = 255, Description = "The unit id under which it is served.", Example = "1" },
            new() { Name = "write", Type = KeyType.Boolean, Default = false, Description = "Whether clients may write it, as a command would; its map must allow it, too.", Example = "true" },
            new() { Name = "not-available", Type = KeyType.Text, Description = "What the registers show while there is no good value: a number, or bits in hexadecimal, or a text; left out, requests are refused with exception 11 then.", Example = "0x7FC00000" },
        ],
        ExactlyOneOf = [Tables],
    };

    private static readonly SectionSchema Tls = new()
    {
        Name = "serve tls",
        Keys =
        [
            new() { Name = "ca", Type = KeyType.Text, Required = true, Description = "PEM file of the authorities whose client certificates let in.", Example = "/etc/gateway/modbus-ca.pem" },
            new() { Name = "certificate", Type = KeyType.Text, Required = true, Description = "PEM file with the gateway's certificate and its chain; a renewed one is taken up by itself.", Example = "/etc/gateway/modbus.pem" },
            new() { Name = "key", Type = KeyType.Text, Required = true, Description = "PEM file with the certificate's key.", Example = "/etc/gateway/modbus.key" },
        ],
    };

    private static readonly KeySchema[] Line =
    [
        new() { Name = "port", Type = KeyType.Text, Description = SerialLineSchema.PortDescription, Example = "/dev/ttyUSB1" },
        .. SerialLineSchema.Create((19200, ""), ("even", ""), "; with ascii 7 is the default", ""),
    ];

    /// <summary>The keys of a serial port.</summary>
    public static IReadOnlyList<string> LineKeys { get; } = [.. Line.Select(key => key.Name)];

    /// <summary>What an entry may say.</summary>
    public static SectionSchema Entry { get; } = new()
    {
        Name = "an entry of 'serve'",
        Keys =
        [
            new() { Name = "modbus", Type = KeyType.Choice, Choices = Transports, Required = true, Description = "How clients come: to an address (tcp, tls with certificates, rtu-over-tcp, rtu-over-udp) or by a serial port of which the gateway is not the master (rtu, ascii).", Example = "tcp" },
            new() { Name = "listen", Type = KeyType.Text, Description = "The address: ADDRESS:PORT. Modbus without tls has no log-in, so 127.0.0.1 unless others are meant to come.", Example = "127.0.0.1:1502" },
            new() { Name = "tls", Type = KeyType.Section, Section = Tls, Description = "The certificates of modbus: tls.", Example = "{ ca: ca.pem, certificate: me.pem, key: me.key }" },
            .. Line,
            new() { Name = "values", Type = KeyType.SectionMap, Section = Value, Description = "The points whose newest values are served, each by its name DEVICE.POINT.", Example = "{ meter.power: { input: 12 } }" },
            new() { Name = "proxy", Type = KeyType.Text, Description = "A device: requests to any unit are passed on to its bus under the same unit id, behind the gateway's own writes and polls.", Example = "meter" },
            new() { Name = "read-only", Type = KeyType.Boolean, Default = false, Description = "Whether a proxy refuses everything that is not a read, with exception 1.", Example = "true" },
        ],
        ExactlyOneOf = [["values", "proxy"]],
        Instead = new Dictionary<string, string> { ["host"] = "write it as 'listen: HOST:PORT'" },
    };
}
