using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Modbus;

/// <summary>What the maps of the Modbus driver may say.</summary>
internal static class ModbusSchema
{
    /// <summary>The last wire address of every table. Modbus Application Protocol 1.1b3 §4.4.</summary>
    public const int LastAddress = 65535;

    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "modbus",
        Description = "Modbus devices on a serial line or behind a network address.",
        Selector = ModbusBusSchema.Selector,
        Bus = ModbusBusSchema.Sections,
        Device = new() { Name = "a modbus device", Keys = DeviceKeys, Instead = UnitIdNames.ToDictionary(name => name, _ => "the Modbus unit id is 'unit'") },
        Point = ModbusPointSchema.Section,
    };

    /// <summary>What the unit id is called elsewhere.</summary>
    private static string[] UnitIdNames => ["slave", "slave-id", "slave_id", "unit-id", "unit_id", "server", "id", "address"];

    private static KeySchema[] DeviceKeys =>
    [
        new()
        {
            Name = "unit",
            Type = KeyType.Integer,
            Default = 1L,
            Minimum = 0,
            Maximum = 255,
            Description = "The Modbus unit id: 1 to 247 on a serial line, where check warns of 248 to 255, 0 to 255 over TCP.",
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
}
