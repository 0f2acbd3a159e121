using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Schema;

namespace Gateway.Runtime.Commands;

/// <summary>Finds points by what people type: <c>DEVICE</c>, or <c>DEVICE.POINT</c>. Either name may itself have dots. Pure.</summary>
public static class PointNames
{
    private const int MaxListed = 12;

    /// <summary>The points that are meant: all of a device, or one.</summary>
    /// <param name="devices">The devices that there are.</param>
    /// <param name="name">What the person typed; null: everything.</param>
    /// <param name="error">What is wrong with it, one sentence; null if nothing is.</param>
    /// <returns>The points; null if the name is nothing that there is.</returns>
    public static IReadOnlyList<PointDefinition>? Select(IEnumerable<DeviceDefinition> devices, string? name, out string? error)
    {
        ArgumentNullException.ThrowIfNull(devices);
        var all = devices.ToDictionary(device => device.Name);
        error = null;
        if (name is null)
        {
            return [.. all.Values.SelectMany(device => device.AllPoints)];
        }

        if (all.TryGetValue(name, out var whole))
        {
            return [.. whole.AllPoints];
        }

        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            if (all.TryGetValue(name[..dot], out var device))
            {
                return SelectPoint(device, name[(dot + 1)..], out error);
            }
        }

        var wanted = name.Split('.')[0];
        error = $"there is no device '{wanted}'{Suggest(wanted, [.. all.Keys], "there are")}";
        return null;
    }

    private static PointDefinition[]? SelectPoint(DeviceDefinition device, string name, out string? error)
    {
        if (device.AllPoints.FirstOrDefault(point => point.Name == name) is { } found)
        {
            error = null;
            return [found];
        }

        error = $"the device '{device.Name}' has no point '{name}'{Suggest(name, [.. device.AllPoints.Select(point => point.Name)], "it has")}";
        return null;
    }

    private static string Suggest(string found, List<string> names, string introduction)
    {
        var near = NearMiss.Suggest(found, names);
        return near.Length > 0 || names.Count is 0 or > MaxListed ? near : $"; {introduction} {string.Join(", ", names)}";
    }
}
