using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
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
    private List<(ServeOptions Entry, List<string> Buses)> _served = [];

    /// <summary>Serves what a configuration asks for; what is the same goes on.</summary>
    public async Task ApplyAsync(IReadOnlyList<ServeOptions> entries, IReadOnlyList<BusDefinition> buses)
    {
        // A served value is written and shown as its map says: with its bus it is another.
        var wanted = entries.Select(entry => (entry, Buses: entry.Values.Select(value => buses.First(bus => bus.Devices.Contains(DeviceOf(value, buses))).Fingerprint).ToList())).ToList();
        if (wanted.Count == _served.Count && wanted.Zip(_served).All(pair => pair.First.entry.Equals(pair.Second.Entry) && pair.First.Buses.SequenceEqual(pair.Second.Buses)))
        {
            return;
        }

        await StopAsync();
        _served = wanted;
        foreach (var entry in entries)
        {
            List<ServedValue> values = [.. entry.Values.Select(value => Create(value, new LivePoint(runtime, ServeRules.FindPoint(value.Name, buses, out _)!, _logger)))];
            _servers.Add(new RetryingServer(
                _ => Task.FromResult<IAsyncDisposable>(Start(entry, values)), () => { }, reason => Log.ServingUnavailable(_logger, reason), timeProvider));
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>A value as the driver serves it.</summary>
    /// <exception cref="FormatException">Its type cannot hold what it says of values that are not available.</exception>
    public static ServedValue Create(ServedPoint value, IServedPoint source) => new(
        new ServedPlace
        {
            Unit = value.Unit,
            Table = value.Table,
            Address = value.Address,
            Type = value.Type,
            Length = value.Length,
            Items = value.Items,
            Order = value.Order,
            Scale = value.Scale,
            IsWritable = value.IsWritable,
            NotAvailable = value.NotAvailable,
        },
        source);

    /// <summary>Where an entry is served, as the driver understands it.</summary>
    public static ServingPlace PlaceOf(ServeOptions entry) => new()
    {
        Transport = entry.Transport,
        Listen = entry.Listen,
        Line = entry.Port?.Line,
        Tls = entry.Tls is { } tls ? (tls.Authority, tls.Certificate, tls.Key) : null,
    };

    private static DeviceDefinition DeviceOf(ServedPoint value, IReadOnlyList<BusDefinition> buses)
    {
        var point = ServeRules.FindPoint(value.Name, buses, out _)!;
        return buses.SelectMany(bus => bus.Devices).First(device => device.Name == point.DeviceName);
    }

    private ModbusServing Start(ServeOptions entry, List<ServedValue> values)
    {
        var place = PlaceOf(entry);
        try
        {
            var serving = entry.Proxy is { } proxy
                ? ModbusServing.StartProxy(
                    (unit, request, answer, cancellationToken) =>
                        runtime()?.RelayAsync(proxy, unit, request, answer, cancellationToken) ?? ValueTask.FromResult(new RelayOutcome(RelayStatus.BusFailed)),
                    entry.IsReadOnly, place, timeProvider, _logger)
                : ModbusServing.Start(values, place, timeProvider, _logger);
            Log.Serving(_logger, entry.Proxy is null ? "values" : $"the bus of {entry.Proxy}", serving.Name);
            return serving;
        }
        catch (SocketException exception)
        {
            var reason = exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another program has the port" : exception.Message.TrimEnd('.');
            throw new IOException($"Modbus cannot be served on {place}: {reason}", exception);
        }
        catch (IOException exception)
        {
            throw new IOException($"Modbus cannot be served on {place}: {exception.Message.TrimEnd('.')}", exception);
        }
    }

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
