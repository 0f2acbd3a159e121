using Gateway.Abstractions.Schema;
using Gateway.Drivers.Serial;

namespace Gateway.Drivers.Modbus;

/// <summary>What the maps of the Modbus driver may say.</summary>
internal static class ModbusSchema
{
    /// <summary>The serial transport.</summary>
    public const string Rtu = "rtu";

    /// <summary>The network transport.</summary>
    public const string Tcp = "tcp";

    /// <summary>The last wire address of every table. Modbus Application Protocol 1.1b3 §4.4.</summary>
    public const int LastAddress = 65535;

    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "modbus",
        Description = "Modbus devices on a serial line (RTU) or behind a network address (TCP).",
        Selector = new()
        {
            Name = "modbus",
            Type = KeyType.Choice,
            Choices = [Rtu, Tcp],
            Required = true,
            Description = "How the devices are reached: a serial line (rtu) or a network address (tcp).",
            Example = Rtu,
        },
        Bus = new Dictionary<string, SectionSchema>
        {
            [Rtu] = new() { Name = "a modbus rtu bus", Keys = [.. SerialLine, Timeout(TimeSpan.FromMilliseconds(500)), Pause] },
            [Tcp] = new() { Name = "a modbus tcp bus", Keys = [.. NetworkAddress, Timeout(TimeSpan.FromSeconds(1)), Pause] },
        },
        Device = new() { Name = "a modbus device", Keys = DeviceKeys, Instead = UnitIdNames.ToDictionary(name => name, _ => "the Modbus unit id is 'unit'") },
        Point = ModbusPointSchema.Section,
    };

    /// <summary>What the unit id is called elsewhere.</summary>
    private static string[] UnitIdNames => ["slave", "slave-id", "slave_id", "unit-id", "unit_id", "server", "id", "address"];

    private static KeySchema[] SerialLine =>
    [
        new()
        {
            Name = "port",
            Type = KeyType.Text,
            Required = true,
            Description = SerialLineKeys.PortDescription,
            Example = "/dev/serial/by-id/usb-FTDI_FT232R-if00-port0",
        },
        .. SerialLineKeys.Create(
            (19200, "; the default is that of Modbus over Serial Line 1.02 §2.2"),
            ("even", "; the default is that of Modbus over Serial Line 1.02 §2.2"),
            "; RTU needs 8",
            ". The standard asks for 2 where there is no parity; most devices have 1"),
    ];

    private static KeySchema[] NetworkAddress =>
    [
        new()
        {
            Name = "host",
            Type = KeyType.Text,
            Required = true,
            Description = "The name or address of the device or of the gateway that its serial line hangs on.",
            Example = "10.0.0.7",
        },
        new()
        {
            Name = "port",
            Type = KeyType.Integer,
            Default = 502L,
            Minimum = 1,
            Maximum = 65535,
            Description = "The TCP port.",
            Example = "502",
        },
    ];

    private static KeySchema[] DeviceKeys =>
    [
        new()
        {
            Name = "unit",
            Type = KeyType.Integer,
            Default = 1L,
            Minimum = 0,
            Maximum = 255,
            Description = "The Modbus unit id: 1 to 247 on a serial line, 0 to 255 over TCP.",
            Hint = "on a Modbus device 'unit' is the unit id; a unit of measurement belongs to a point",
            Example = "1",
        },
        new()
        {
            Name = "max-registers",
            Type = KeyType.Integer,
            Default = 125L,
            Minimum = 1,
            Maximum = 125,
            Unit = "registers",
            Description = "The most registers that the device answers in one request.",
            Example = "50",
        },
        new()
        {
            Name = "max-gap",
            Type = KeyType.Integer,
            Default = 10L,
            Minimum = 0,
            Maximum = 124,
            Unit = "registers",
            Description = "The most registers between two points that are read along, unasked, to save a request.",
            Example = "0",
        },
        new()
        {
            Name = "timeout",
            Type = KeyType.Duration,
            Minimum = 0.001m,
            Maximum = 60,
            Description = "How long the device may take to begin its answer, where it differs from the bus's.",
            Example = "2 s",
        },
        new()
        {
            Name = "retries",
            Type = KeyType.Integer,
            Default = 1L,
            Minimum = 0,
            Maximum = 10,
            Description = "How often a request is repeated after a timeout or a damaged answer.",
            Example = "0",
        },
    ];

    private static KeySchema Pause => new()
    {
        Name = "pause",
        Type = KeyType.Duration,
        Default = TimeSpan.Zero,
        Minimum = 0,
        Maximum = 10,
        Description = "The rest between an answer and the next request, beyond the silence that the protocol asks for.",
        Example = "20 ms",
    };

    private static KeySchema Timeout(TimeSpan standard) => new()
    {
        Name = "timeout",
        Type = KeyType.Duration,
        Default = standard,
        Minimum = 0.001m,
        Maximum = 60,
        Description = "How long a device may take to begin its answer; the time on the wire is added.",
        Example = "2 s",
    };
}
