using System.Net.Sockets;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus;
using Gateway.Runtime;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>The entries of <c>serve</c> in operation, each on its own: one whose port is taken is tried again and stops nothing else. One call at a time.</summary>
/// <param name="runtime">The data path that is served; null while there is none.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="loggerFactory">Takes what goes wrong.</param>
internal sealed class ServingListeners(Func<GatewayRuntime?> runtime, TimeProvider timeProvider, ILoggerFactory loggerFactory) : IAsyncDisposable
{
    private readonly ILogger _logger = loggerFactory.CreateLogger<ServingListeners>();
    private readonly List<RetryingServer> _servers = [];
    private List<(ServeOptions Entry, List<(string Device, string Point)> Points)> _served = [];

    /// <summary>Serves what a configuration asks for; what is the same goes on.</summary>
    public async Task ApplyAsync(IReadOnlyList<ServeOptions> entries, IReadOnlyList<BusDefinition> buses)
    {
        var wanted = entries.Select(entry => (entry, Points: Resolve(entry, buses))).ToList();
        if (wanted.Count == _served.Count && wanted.Zip(_served).All(pair => pair.First.entry.Equals(pair.Second.Entry) && pair.First.Points.SequenceEqual(pair.Second.Points)))
        {
            return;
        }

        await StopAsync();
        _served = wanted;
        foreach (var (entry, points) in wanted)
        {
            _servers.Add(new RetryingServer(
                _ => Task.FromResult<IAsyncDisposable>(Start(entry, points)), () => { }, reason => Log.ServingUnavailable(_logger, reason), timeProvider));
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>A value as the driver serves it.</summary>
    /// <exception cref="FormatException">Its type cannot hold what it says of values that are not available.</exception>
    public static ServedValue Create(ServedPoint value, Func<PointValue> read) =>
        ServedValue.Create(value.Unit, value.Table, value.Address, value.Type, value.Order, value.Scale, value.NotAvailable, read);

    private static List<(string Device, string Point)> Resolve(ServeOptions entry, IReadOnlyList<BusDefinition> buses) =>
        [.. entry.Values.Select(value => ServeRules.FindPoint(value.Name, buses, out _)!).Select(point => (point.DeviceName, point.Name))];

    private ModbusServing Start(ServeOptions entry, List<(string Device, string Point)> points)
    {
        try
        {
            var serving = entry.Proxy is { } proxy
                ? ModbusServing.StartProxy(
                    (unit, request, answer, cancellationToken) => runtime()?.RelayAsync(proxy, unit, request, answer, cancellationToken) ?? ValueTask.FromResult(0),
                    entry.Listen, entry.IsRtu, timeProvider, _logger)
                : ModbusServing.Start([.. entry.Values.Zip(points, (value, point) => Create(value, () => Read(point)))], entry.Listen, entry.IsRtu, timeProvider, _logger);
            Log.Serving(_logger, entry.Proxy is null ? "values" : $"the bus of {entry.Proxy}", serving.EndPoint.ToString());
            return serving;
        }
        catch (SocketException exception)
        {
            var reason = exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another program has the port" : exception.Message.TrimEnd('.');
            throw new IOException($"Modbus cannot be served on {entry.Listen}: {reason}", exception);
        }
    }

    private PointValue Read((string Device, string Point) name) =>
        runtime()?.Points.Find(name.Device, name.Point) is { Quality: Quality.Good or Quality.Uncertain } last ? last.Value : PointValue.None;

    private async Task StopAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        _servers.Clear();
        _served = [];
    }
}
