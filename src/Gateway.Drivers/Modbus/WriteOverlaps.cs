using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus;

/// <summary>Finds points of one unit that write the same bits: a command for one would change the other unseen.</summary>
internal sealed class WriteOverlaps
{
    private readonly Dictionary<long, List<ModbusPoint>> _units = [];

    /// <summary>Takes the points of a device, and reports those that write what others of its unit write.</summary>
    public void Add(DeviceDefinition device, IEnumerable<ModbusPoint> points, ICollection<Diagnostic> diagnostics)
    {
        var unit = device.Settings.Get<long>("unit");
        if (!_units.TryGetValue(unit, out var written))
        {
            _units[unit] = written = [];
        }

        foreach (var point in points.Where(point => point.Write is not null))
        {
            if (written.Find(other => Overlap(point, other)) is { } first)
            {
                var place = point.Write!.Place;
                var what = place.Table.HoldsBits() ? "coil" : "holding register";
                diagnostics.Add(Diagnostic.Error(
                    point.Definition.Settings.Locate("write"),
                    $"{point.Definition} writes {what} {Math.Max(place.Address, first.Write!.Place.Address)}, and so does {first.Definition} in {first.Definition.Location}; let one of them write it"));
            }

            written.Add(point);
        }
    }

    // Fields of the same registers may lie side by side. Where SunSpec points are is known to the device only: their names tell them apart.
    private static bool Overlap(ModbusPoint one, ModbusPoint other)
    {
        if (one.Definition.Settings.TryGet<string>(SunSpecPointParser.Key, out var name))
        {
            return other.Definition.Settings.TryGet<string>(SunSpecPointParser.Key, out var otherName) && name == otherName;
        }

        var (first, second) = (one.Write!.Place, other.Write!.Place);
        if (first.Table != second.Table || first.Address >= second.End || second.Address >= first.End)
        {
            return false;
        }

        return first != second || one.Order != other.Order || one.Content != ModbusContent.Field || other.Content != ModbusContent.Field
            || (one.Field.Mask & other.Field.Mask) != 0;
    }
}
