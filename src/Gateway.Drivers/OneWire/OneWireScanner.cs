using Gateway.Abstractions.Buses;
using Gateway.Linux.OneWire;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.OneWire;

/// <summary>A device on 1-Wire.</summary>
/// <param name="Bus">The master's number.</param>
/// <param name="Id">Its id.</param>
/// <param name="Sensor">What <c>sensor</c> says of it in a map; null: no thermometer.</param>
/// <param name="Temperature">What it measures, °C; null: nothing.</param>
/// <param name="Fault">Why it measures nothing, one sentence; null: it does, or is no thermometer.</param>
public sealed record OneWireFind(int Bus, string Id, string? Sensor, decimal? Temperature, string? Fault);

/// <summary>Finds what is on 1-Wire.</summary>
public static class OneWireScanner
{
    /// <summary>The devices on all masters. Blocks while they convert.</summary>
    /// <param name="sysfs">Where sysfs is mounted.</param>
    public static IReadOnlyList<OneWireFind> Scan(ISysfs sysfs)
    {
        var found = new List<OneWireFind>();
        foreach (var master in OneWireMaster.List(sysfs))
        {
            var ids = master.ListIds();
            if (ids.Count > 1)
            {
                TryConvertAll(master);
            }

            found.AddRange(ids.Select(id => Read(master, id)));
        }

        return found;
    }

    /// <summary>The masters that there are, whether or not something is on them.</summary>
    /// <param name="sysfs">Where sysfs is mounted.</param>
    public static IReadOnlyList<int> ListBuses(ISysfs sysfs) => [.. OneWireMaster.List(sysfs).Select(master => master.Number)];

    private static OneWireFind Read(OneWireMaster master, string id)
    {
        var sensor = OneWireFamily.OfId(id)?.Sensor;
        if (sensor is null)
        {
            return new OneWireFind(master.Number, id, null, null, null);
        }

        try
        {
            return new OneWireFind(master.Number, id, sensor, master.Read(id).MilliCelsius / 1000m, null);
        }
        catch (BusException fault)
        {
            return new OneWireFind(master.Number, id, sensor, null, fault.Message);
        }
    }

    private static void TryConvertAll(OneWireMaster master)
    {
        try
        {
            master.TryConvertAll();
        }
        catch (BusException)
        {
            // They convert one after the other.
        }
    }
}
