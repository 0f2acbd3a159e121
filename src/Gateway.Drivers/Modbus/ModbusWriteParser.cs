using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>Turns the keys that say how a point is written into a form, or into errors.</summary>
internal static class ModbusWriteParser
{
    private static readonly string[] Keys = ["write-address", "write-function", "read-back"];

    /// <summary>How a point is written; null if it is not, or if its keys do not suit each other, which is reported.</summary>
    public static ModbusWriteForm? Parse(ModbusPoint point, Action<string, string> refuse)
    {
        var settings = point.Definition.Settings;
        if (!point.Definition.Writable)
        {
            foreach (var key in Keys.Where(settings.IsWritten))
            {
                refuse(key, $"'{key}' is for points with 'write: true'");
            }

            return null;
        }

        var hasAddress = settings.TryGet<long>("write-address", out var address);
        if (!hasAddress && point.Place.Table is ModbusTable.DiscreteInputs or ModbusTable.InputRegisters)
        {
            refuse("write", $"{ModbusPointParser.NameOf(point.Place.Table)} cannot be written; writable are 'holding' and 'coil', or give it a 'write-address'");
        }

        if (point.Count > 1)
        {
            refuse("write", "a list cannot be written; give what is to be written points of their own");
        }

        if (point.Definition.Flags is not null)
        {
            refuse("write", "'flags' cannot be written; give each bit that is to be written a point with 'bit'");
        }

        if (point.Place.Count > ModbusLimits.MaxWriteRegisters)
        {
            refuse("length", $"{ModbusPointParser.Count(point.Place.Count)} cannot be written at once; Modbus allows {ModbusLimits.MaxWriteRegisters}");
        }

        var place = new ReadRange(
            point.Place.Table.HoldsBits() ? ModbusTable.Coils : ModbusTable.HoldingRegisters,
            hasAddress ? (ushort)address : point.Place.Address,
            point.Place.Count);
        if (hasAddress && place.End > ModbusLimits.TableSize)
        {
            refuse("write-address", $"{ModbusPointParser.Count(place.Count)} from address {address} on reach past {ModbusSchema.LastAddress}, the last address");
        }

        return new ModbusWriteForm(place, FunctionOf(point, settings, refuse), settings.Get<bool>("read-back"));
    }

    private static ModbusWriteFunction FunctionOf(ModbusPoint point, Settings settings, Action<string, string> refuse)
    {
        if (!settings.TryGet<string>("write-function", out var function))
        {
            return ModbusWriteFunction.Automatic;
        }

        if (function == "single" && point.Place.Count > 1)
        {
            refuse("write-function", $"'single' writes one register, and the point has {point.Place.Count}");
        }

        if (function == "mask" && (point.Content != ModbusContent.Field || point.Place.Count > 1))
        {
            refuse("write-function", "'mask' writes some bits of one register; give the point 'bit', 'bits' or a type of 8 bits");
        }

        return function switch
        {
            "multiple" => ModbusWriteFunction.Multiple,
            "mask" => ModbusWriteFunction.Mask,
            _ => ModbusWriteFunction.Automatic,
        };
    }
}
