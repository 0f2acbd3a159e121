using System.Text.Json;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Reloading;

/// <summary>
/// Finds what is the same in two definitions of a bus. The result is the newer one, in which whatever is the same is the object of the older:
/// so everybody who knows a point, its values or its device by that object need not be told. Pure.
/// </summary>
internal static class DefinitionMerge
{
    /// <summary>Merges two definitions.</summary>
    /// <param name="running">What runs.</param>
    /// <param name="wanted">What is to run.</param>
    /// <returns>What runs, if both are the same; null if they are not one bus, or its own keys differ.</returns>
    public static BusDefinition? Merge(BusDefinition running, BusDefinition wanted)
    {
        if (running.Name != wanted.Name || running.DriverName != wanted.DriverName)
        {
            return null;
        }

        if (running.Fingerprint == wanted.Fingerprint)
        {
            return running;
        }

        using var before = JsonDocument.Parse(running.Fingerprint);
        using var after = JsonDocument.Parse(wanted.Fingerprint);
        if (!IsSame(before.RootElement, after.RootElement, "bus"))
        {
            return null;
        }

        var (oldTexts, newTexts) = (before.RootElement.GetProperty("devices"), after.RootElement.GetProperty("devices"));
        var known = running.Devices.ToDictionary(device => device.Name);
        return new BusDefinition
        {
            DriverName = running.DriverName,
            Name = running.Name,
            Settings = running.Settings,
            Devices = [.. wanted.Devices.Select(device => known.TryGetValue(device.Name, out var old) ? Merge(old, device, oldTexts.GetProperty(device.Name), newTexts.GetProperty(device.Name)) : device)],
            Fingerprint = wanted.Fingerprint,
        };
    }

    private static DeviceDefinition Merge(DeviceDefinition old, DeviceDefinition wanted, JsonElement oldText, JsonElement newText)
    {
        if (oldText.GetRawText() == newText.GetRawText())
        {
            return old;
        }

        // One with another address is another device, whatever it is called.
        if (!IsSame(oldText, newText, "keys"))
        {
            return wanted;
        }

        var (oldPoints, newPoints) = (oldText.GetProperty("points"), newText.GetProperty("points"));
        var same = old.AllPoints.Where(point => IsSame(oldPoints, newPoints, point.Name)).ToDictionary(point => point.Name);
        return new DeviceDefinition
        {
            Name = wanted.Name,
            Profile = wanted.Profile,
            Settings = old.Settings,
            Points = [.. wanted.Points.Select(point => same.GetValueOrDefault(point.Name, point))],
            Calculated = [.. wanted.Calculated.Select(point => same.GetValueOrDefault(point.Name, point))],
        };
    }

    private static bool IsSame(JsonElement before, JsonElement after, string part) =>
        before.TryGetProperty(part, out var one) && after.TryGetProperty(part, out var other) && one.GetRawText() == other.GetRawText();
}
