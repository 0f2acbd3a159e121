using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>What <c>serve</c> may name: points and devices of the maps, and values that their registers can hold.</summary>
internal static class ServeRules
{
    /// <summary>Reports what cannot be served.</summary>
    public static IEnumerable<Diagnostic> Check(GatewayOptions options, IReadOnlyList<BusDefinition> buses)
    {
        foreach (var entry in options.Serve)
        {
            if (entry.Proxy is { } proxy && RefuseProxy(proxy, buses) is { } refusal)
            {
                yield return Diagnostic.Error(entry.ProxyLocation, refusal);
            }

            foreach (var value in entry.Values)
            {
                if (FindPoint(value.Name, buses, out var error) is null || RefuseNotAvailable(value, out error))
                {
                    yield return Diagnostic.Error(value.Location, error!);
                }
            }
        }
    }

    /// <summary>The point that a name stands for; null with a sentence if it is none.</summary>
    public static PointDefinition? FindPoint(string name, IReadOnlyList<BusDefinition> buses, out string? error)
    {
        var devices = buses.SelectMany(bus => bus.Devices).ToList();
        var points = PointNames.Select(devices, name, out error);
        if (points is not null && devices.Exists(device => device.Name == name))
        {
            error = $"'{name}' is a device; serve its points, such as {points[0]}";
            return null;
        }

        return points?[0];
    }

    private static string? RefuseProxy(string proxy, IReadOnlyList<BusDefinition> buses)
    {
        var bus = buses.FirstOrDefault(bus => bus.Devices.Any(device => device.Name == proxy));
        if (bus is null)
        {
            PointNames.Select(buses.SelectMany(each => each.Devices), proxy, out var error);
            return error ?? $"'{proxy}' is no device; write the name of a device on the bus";
        }

        return bus.DriverName == "modbus" ? null : $"'{proxy}' is on {bus.Name}, and a proxy needs a Modbus bus";
    }

    private static bool RefuseNotAvailable(ServedPoint value, out string? error)
    {
        try
        {
            ServingListeners.Create(value, () => default);
            error = null;
        }
        catch (FormatException exception)
        {
            error = exception.Message;
        }

        return error is not null;
    }
}
