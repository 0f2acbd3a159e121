using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Hosting;

/// <summary>What <c>serve</c> may name: points and devices of the maps, and values that their registers can hold.</summary>
internal static class ServeRules
{
    /// <summary>Reports what cannot be served.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="buses">The buses of its maps.</param>
    /// <param name="portOf">The serial port of a bus; null if it has none.</param>
    /// <param name="files">Where files are kept.</param>
    public static IEnumerable<Diagnostic> Check(GatewayOptions options, IReadOnlyList<BusDefinition> buses, Func<BusDefinition, string?> portOf, ISourceFiles files)
    {
        var ports = new Dictionary<string, string>();
        foreach (var bus in buses)
        {
            if (portOf(bus) is { } taken)
            {
                ports.TryAdd(FileOf(taken, files), $"the bus '{bus.Name}'");
            }
        }

        foreach (var entry in options.Serve)
        {
            var place = ServingListeners.PlaceOf(entry);
            if (place.Port is { } port && !ports.TryAdd(FileOf(port, files), "another entry of 'serve'"))
            {
                yield return Diagnostic.Error(entry.Location, $"the port {port} is that of {ports[FileOf(port, files)]}; a port has one user");
            }

            var line = new List<Diagnostic>();
            place.Validate(line);
            foreach (var diagnostic in line)
            {
                yield return diagnostic;
            }

            if (entry.Tls is { } tls && place.RefuseCertificates() is { } unusable)
            {
                yield return Diagnostic.Error(tls.Location, char.ToLowerInvariant(unusable[0]) + unusable[1..].TrimEnd('.'));
            }

            if (entry.Proxy is { } proxy && RefuseProxy(proxy, buses) is { } refusal)
            {
                yield return Diagnostic.Error(entry.ProxyLocation, refusal);
            }

            foreach (var value in entry.Values)
            {
                if (FindPoint(value.Name, buses, out var error) is not { } point || RefuseNotAvailable(value, point, out error))
                {
                    yield return Diagnostic.Error(value.Location, error!);
                }
                else if (value.IsWritable && !point.Writable)
                {
                    yield return Diagnostic.Error(value.Location, $"{point} is not writable; its map must say write: true");
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

    // Two names of one file are one port.
    private static string FileOf(string port, ISourceFiles files) => port.StartsWith('/') ? files.ResolveLink(port) : port;

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

    private static bool RefuseNotAvailable(ServedPoint value, PointDefinition point, out string? error)
    {
        try
        {
            ServingListeners.Create(value, new LivePoint(static () => null, point, NullLogger.Instance));
            error = null;
        }
        catch (FormatException exception)
        {
            error = exception.Message;
        }

        return error is not null;
    }
}
