using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>Turns a point's keys into its place in the device, or into errors that say what to write instead.</summary>
internal static class ModbusPointParser
{
    private const string Modicon = "1 to 9999 (coils), 10001 to 19999 (discrete inputs), 30001 to 39999 (input registers) and "
        + "40001 to 49999 (holding registers), or with six digits 100001, 300001 and 400001 upwards";

    private static readonly string[] RegisterKeys =
        ["order", "bit", "bits", "byte", "length", "encoding", "padding", "time-zone", "scale-register", "not-available"];

    /// <summary>The types that a map may name.</summary>
    public static IReadOnlyList<string> TypeNames => ModbusContentParser.TypeNames;

    /// <summary>The byte orders that a map may name.</summary>
    public static IReadOnlyList<string> OrderNames => ModbusContentParser.OrderNames;

    /// <summary>The place of a point whose keys suit the schema; null, and errors, if they do not suit each other.</summary>
    public static ModbusPoint? Parse(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        var before = diagnostics.Count;
        void Refuse(string key, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));

        if (settings.IsWritten(SunSpecPointParser.Key))
        {
            var found = SunSpecPointParser.Parse(point, Refuse);
            found = found is null ? null : found with { Write = ModbusWriteParser.Parse(found, Refuse) };
            return diagnostics.Count == before ? found : null;
        }

        var addressKey = ModbusPointSchema.AddressKeys.First(settings.IsWritten);
        var number = settings.Get<long>(addressKey);
        if (!TryLocate(addressKey, number, out var table, out var address))
        {
            Refuse(addressKey, $"{number} is no register number in Modicon notation; allowed are {Modicon}");
            return null;
        }

        var located = table.HoldsBits() ? OfBits(point, table, address, Refuse) : ModbusContentParser.Parse(point, table, address, Refuse);
        if (located.Place.End > ModbusLimits.TableSize)
        {
            Refuse(addressKey, $"{Count(located.Place.Count)} from address {address} on reach past {ModbusSchema.LastAddress}, the last address");
        }

        located = located with { Write = ModbusWriteParser.Parse(located, Refuse) };
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

    private static ModbusPoint OfBits(PointDefinition point, ModbusTable table, ushort address, Action<string, string> refuse)
    {
        foreach (var key in RegisterKeys.Where(point.Settings.IsWritten))
        {
            refuse(key, $"'{key}' is for registers; {NameOf(table)} is a single bit");
        }

        if (point.Settings.IsWritten("type") && point.Settings.Get<string>("type") is var type and not "bool")
        {
            refuse("type", $"{NameOf(table)} is always a bool, not '{type}'");
        }

        var count = point.Settings.TryGet<long>("count", out var several) ? (int)several : 1;
        return new ModbusPoint(point, new ReadRange(table, address, count), ModbusContent.Bit) { Count = count };
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
