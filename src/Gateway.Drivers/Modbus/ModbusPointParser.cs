using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>Turns a point's keys into its place in the device, or into errors that say what to write instead.</summary>
internal static class ModbusPointParser
{
    private const string Modicon = "1 to 9999 (coils), 10001 to 19999 (discrete inputs), 30001 to 39999 (input registers) and "
        + "40001 to 49999 (holding registers), or with six digits 100001, 300001 and 400001 upwards";

    private static readonly string[] RegisterKeys = ["order", "bit", "length"];

    private static readonly Dictionary<string, RegisterType> Types = new()
    {
        ["uint16"] = RegisterType.UInt16,
        ["int16"] = RegisterType.Int16,
        ["uint32"] = RegisterType.UInt32,
        ["int32"] = RegisterType.Int32,
        ["uint64"] = RegisterType.UInt64,
        ["int64"] = RegisterType.Int64,
        ["float32"] = RegisterType.Float32,
        ["float64"] = RegisterType.Float64,
    };

    /// <summary>The place of a point whose keys suit the schema; null, and errors, if they do not suit each other.</summary>
    public static ModbusPoint? Parse(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        var before = diagnostics.Count;
        void Refuse(string key, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));

        var addressKey = ModbusSchema.AddressKeys.First(settings.IsWritten);
        var number = settings.Get<long>(addressKey);
        if (!TryLocate(addressKey, number, out var table, out var address))
        {
            Refuse(addressKey, $"{number} is no register number in Modicon notation; allowed are {Modicon}");
            return null;
        }

        if (point.Writable && table is ModbusTable.DiscreteInputs or ModbusTable.InputRegisters)
        {
            Refuse("write", $"{NameOf(table)} cannot be written; writable are 'holding' and 'coil'");
        }

        var located = table.HoldsBits()
            ? OfBits(point, new ReadRange(table, address, 1), Refuse)
            : OfRegisters(point, table, address, Refuse);
        if (located.Range.End > ModbusLimits.TableSize)
        {
            Refuse(addressKey, $"{Count(located.Range.Count)} from address {address} on reach past {ModbusSchema.LastAddress}, the last address");
        }

        return diagnostics.Count == before ? located : null;
    }

    /// <summary>What people call an entry of a table: <c>an input register</c>.</summary>
    public static string NameOf(ModbusTable table) => table switch
    {
        ModbusTable.Coils => "a coil",
        ModbusTable.DiscreteInputs => "a discrete input",
        ModbusTable.HoldingRegisters => "a holding register",
        _ => "an input register",
    };

    /// <summary>What people call a number of registers: <c>4 registers</c>.</summary>
    public static string Count(int registers) => registers == 1 ? "1 register" : $"{registers} registers";

    /// <summary>What the map calls a type: <c>uint16</c>.</summary>
    public static string NameOf(RegisterType type) => Types.First(pair => pair.Value == type).Key;

    private static ModbusPoint OfBits(PointDefinition point, ReadRange range, Action<string, string> refuse)
    {
        foreach (var key in RegisterKeys.Where(point.Settings.IsWritten))
        {
            refuse(key, $"'{key}' is for registers; {NameOf(range.Table)} is a single bit");
        }

        if (point.Settings.IsWritten("type") && point.Settings.Get<string>("type") is var type and not "bool")
        {
            refuse("type", $"{NameOf(range.Table)} is always a bool, not '{type}'");
        }

        return new ModbusPoint(point, range, ModbusContent.Bit);
    }

    private static ModbusPoint OfRegisters(PointDefinition point, ModbusTable table, ushort address, Action<string, string> refuse)
    {
        var settings = point.Settings;
        var type = settings.Get<string>("type");
        var hasLength = settings.TryGet<long>("length", out var length);
        if (hasLength && type != "string")
        {
            refuse("length", $"'length' is for strings; '{type}' has its own length");
        }

        if (type == "string" && !hasLength)
        {
            refuse("type", "a string needs 'length', the number of its registers");
        }

        if (type == "string" && point.Writable && length > ModbusLimits.MaxWriteRegisters)
        {
            refuse("length", $"{Count((int)length)} cannot be written at once; Modbus allows {ModbusLimits.MaxWriteRegisters}");
        }

        if (type is "string" or "bool" && point is not { Scale: 1, Offset: 0 })
        {
            refuse(settings.IsWritten("scale") ? "scale" : "offset", $"'scale' and 'offset' are for numbers, not for a {type}");
        }

        var order = Enum.Parse<ByteOrder>(settings.Get<string>("order"));
        if (settings.TryGet<long>("bit", out var bit))
        {
            if (type is not ("uint16" or "bool"))
            {
                refuse("bit", $"'bit' takes one bit of one register and does not go with 'type: {type}'");
            }

            return new ModbusPoint(point, new ReadRange(table, address, 1), ModbusContent.RegisterBit) { Bit = (int)bit, Order = order };
        }

        return type switch
        {
            "string" => new ModbusPoint(point, new ReadRange(table, address, Math.Max(1, (int)length)), ModbusContent.Text) { Order = order },
            "bool" => new ModbusPoint(point, new ReadRange(table, address, 1), ModbusContent.RegisterBoolean) { Order = order },
            _ => new ModbusPoint(point, new ReadRange(table, address, Types[type].RegisterCount()), ModbusContent.Number) { Type = Types[type], Order = order },
        };
    }

    private static bool TryLocate(string key, long number, out ModbusTable table, out ushort address)
    {
        (table, var offset) = key switch
        {
            "holding" => (ModbusTable.HoldingRegisters, number),
            "input" => (ModbusTable.InputRegisters, number),
            "coil" => (ModbusTable.Coils, number),
            "discrete" => (ModbusTable.DiscreteInputs, number),
            _ => number switch
            {
                >= 1 and <= 9999 => (ModbusTable.Coils, number - 1),
                >= 10_001 and <= 19_999 => (ModbusTable.DiscreteInputs, number - 10_001),
                >= 30_001 and <= 39_999 => (ModbusTable.InputRegisters, number - 30_001),
                >= 40_001 and <= 49_999 => (ModbusTable.HoldingRegisters, number - 40_001),
                >= 100_001 and <= 165_536 => (ModbusTable.DiscreteInputs, number - 100_001),
                >= 300_001 and <= 365_536 => (ModbusTable.InputRegisters, number - 300_001),
                >= 400_001 and <= 465_536 => (ModbusTable.HoldingRegisters, number - 400_001),
                _ => (default, -1L),
            },
        };
        address = (ushort)Math.Max(0, offset);
        return offset >= 0;
    }
}
