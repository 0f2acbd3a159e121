using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>Checks the keys of a point that is found by its SunSpec name.</summary>
internal static class SunSpecPointParser
{
    /// <summary>The key that names the point.</summary>
    public const string Key = "sunspec";

    // What the model says already, or what only has meaning where addresses are known.
    private static readonly string[] Excluded =
        ["type", "order", "bit", "bits", "byte", "length", "encoding", "padding", "time-zone", "count", "scale-register", "not-available", "write-address"];

    /// <summary>The point as it would stand in a device that has its model only; null if its keys do not suit each other, which is reported.</summary>
    public static ModbusPoint? Parse(PointDefinition point, Action<string, string> refuse)
    {
        var settings = point.Settings;
        foreach (var key in Excluded.Where(settings.IsWritten))
        {
            refuse(key, $"'{key}' does not go with 'sunspec': the model says what the registers hold");
        }

        if (SunSpecReference.Parse(settings.Get<string>(Key), out var error) is not { } reference)
        {
            refuse(Key, error);
            return null;
        }

        return SunSpecChain.Nominal([reference]).Locate(point, reference, ModbusLimits.MaxReadRegisters);
    }
}
