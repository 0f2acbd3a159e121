using System.Net.Sockets;
using Gateway.Abstractions.Drivers;
using Gateway.Linux;
using Gateway.Modbus;
using Gateway.Modbus.Server;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>Carries a request to a bus: the unit, the request's PDU, and where the answer's goes.</summary>
public delegate ValueTask<RelayOutcome> ModbusRelay(byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken);

/// <summary>Other Modbus clients' way to the gateway: to its newest values, or through it to a bus. Dispose it to stop.</summary>
public sealed class ModbusServing : IAsyncDisposable
{
    /// <summary>A proxy's bus has one owner and a bounded queue: more clients would only wait.</summary>
    private const int MaxClients = 16;

    private readonly IAsyncDisposable _listener;

    private ModbusServing(ServingPlace place, Func<ModbusServerOptions, ModbusServer> createServer, TimeProvider timeProvider, ILogger logger)
    {
        var options = new ModbusServerOptions { MaxConnections = MaxClients, Timing = place.Timing, LogsWrites = true };
        var server = createServer(place.IsSerialPort ? options with { IdleTimeout = Timeout.InfiniteTimeSpan, WriteTimeout = Timeout.InfiniteTimeSpan } : options);
        if (place.ToSettings() is { } line)
        {
            _listener = new ModbusPortListener(server, line, place.Framing, timeProvider, logger);
            Name = place.ToString();
            return;
        }

        if (place.Transport == ModbusTransport.RtuOverUdp)
        {
            var datagrams = new ModbusDatagramListener(server, place.Listen!, timeProvider, logger);
            _listener = datagrams;
            Name = datagrams.EndPoint.ToString();
            return;
        }

        // Files that are wrong now show at once; later, renewed ones are taken up with each connection.
        var hasTls = place.CreateTls() is not null;
        var listener = new ModbusListener(server, place.Listen!, place.Framing, hasTls ? () => place.CreateTls()! : null, timeProvider, logger);
        _listener = listener;
        Name = listener.EndPoint.ToString();
    }

    /// <summary>Where it is found: an address or a serial port.</summary>
    public string Name { get; }

    /// <summary>Serves values. At most 16 clients at a time.</summary>
    /// <param name="values">The values, none on another of the same unit.</param>
    /// <param name="place">Where; port 0 takes a free one.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    /// <exception cref="LinuxException">The serial port cannot be had.</exception>
    /// <exception cref="ModbusTransportException">The certificates cannot be used.</exception>
    public static ModbusServing Start(IReadOnlyList<ServedValue> values, ServingPlace place, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(place);
        var units = values.GroupBy(value => value.Unit).ToDictionary(unit => unit.Key, IModbusDataStore (unit) => new ServedUnit(unit));
        return new ModbusServing(place, options => new ModbusServer(units, options, timeProvider, logger), timeProvider, logger);
    }

    /// <summary>Passes requests on to a bus. At most 16 clients at a time.</summary>
    /// <param name="relay">Carries a request.</param>
    /// <param name="isReadOnly">Whether all but the functions that read are refused with exception 1.</param>
    /// <param name="place">Where; port 0 takes a free one.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    /// <exception cref="LinuxException">The serial port cannot be had.</exception>
    /// <exception cref="ModbusTransportException">The certificates cannot be used.</exception>
    public static ModbusServing StartProxy(ModbusRelay relay, bool isReadOnly, ServingPlace place, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(place);
        var proxy = new ModbusProxy(relay, isReadOnly, isSilent: place.IsSerialPort);
        return new ModbusServing(place, options => new ModbusServer(proxy, options, timeProvider, logger), timeProvider, logger);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
