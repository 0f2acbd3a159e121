using System.Net;
using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Simulated;
using Gateway.Linux;
using Gateway.Linux.Serial;
using Gateway.Modbus;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Security;
using Gateway.Modbus.Server;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// The devices of a Modbus map as devices that answer: values from waveforms, laid into registers as the map reads
/// them; what a client writes stays. Dispose it to stop. Not thread-safe.
/// </summary>
public sealed class ModbusSimulation : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IAsyncDisposable> _listeners = [];
    private readonly List<Task> _serving = [];
    private readonly ModbusServer _server;
    private readonly Settings _bus;
    private readonly string _transport;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <param name="bus">A valid definition of a Modbus bus; its address is not used.</param>
    /// <param name="timeProvider">The clock of the waveforms.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <param name="options">How the devices differ from what the map says; null: they don't.</param>
    public ModbusSimulation(BusDefinition bus, TimeProvider timeProvider, ILogger logger, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(bus);
        options ??= new SimulationOptions();
        var devices = bus.Devices.Select(definition => new ModbusDevice(definition)).ToLookup(device => device.Unit.Id);
        var units = devices.ToDictionary(unit => unit.Key, IModbusDataStore (unit) => new SimulatedUnit(
            unit.SelectMany(device => device.Points), timeProvider, unit.SelectMany(device => device.Nominal?.Headers() ?? []), options));
        var faults = devices
            .Select(unit => (unit.Key, Faults: unit.Select(device => options.Faults.GetValueOrDefault(device.Definition.Name)).FirstOrDefault(found => found is not null)))
            .Where(unit => unit.Faults is not null)
            .ToDictionary(unit => unit.Key, unit => unit.Faults!);
        _bus = bus.Settings;
        _transport = ModbusTransport.Of(bus.Settings);
        var server = new ModbusServerOptions { Faults = faults };
        _server = new ModbusServer(units, IsSerialPort ? server with { IdleTimeout = Timeout.InfiniteTimeSpan, WriteTimeout = Timeout.InfiniteTimeSpan } : server, timeProvider, logger);
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <summary>Whether the bus is a serial port, so that <see cref="OpenPort"/> serves it, or a network address.</summary>
    public bool IsSerialPort => ModbusTransport.IsSerialPort(_transport);

    /// <summary>
    /// Serves the bus on an address, as its transport says. Port 0 takes a free one. At most 64 clients at a time. A bus with TLS
    /// shows the certificate that the map has for the gateway, and lets in whom the map's authority knows.
    /// </summary>
    /// <returns>The address that is served.</returns>
    /// <exception cref="SocketException">The address cannot be had: another program has it, or this machine does not.</exception>
    /// <exception cref="ModbusTransportException">The map's certificates cannot be used.</exception>
    public IPEndPoint Listen(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        if (_transport == ModbusTransport.RtuOverUdp)
        {
            var datagrams = new ModbusDatagramListener(_server, endPoint, _timeProvider, _logger);
            _listeners.Add(datagrams);
            return datagrams.EndPoint;
        }

        var listener = new ModbusListener(_server, endPoint, ModbusTransport.FramingOf(_transport), _transport == ModbusTransport.Tls ? CreateTls(_bus) : null, _timeProvider, _logger);
        _listeners.Add(listener);
        return listener.EndPoint;
    }

    /// <summary>Serves the bus on a new pseudo-terminal, as RTU unless it is ASCII.</summary>
    /// <param name="link">Where a symbolic link to it is put; null: none.</param>
    /// <returns>The path that clients open: the link, or the pseudo-terminal itself.</returns>
    /// <exception cref="LinuxException">The kernel gives no pseudo-terminal.</exception>
    /// <exception cref="IOException">The link cannot be made.</exception>
    public string OpenPort(string? link)
    {
        var terminal = PseudoTerminal.Open(link);
        _serving.Add(_server.ServeAsync(terminal, _transport == ModbusTransport.Ascii ? ModbusFraming.Ascii : ModbusFraming.Rtu, _stopping.Token));
        return link ?? terminal.SlavePath;
    }

    /// <summary>Closes all connections and waits for their end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        await Task.WhenAll(_serving);
        _stopping.Dispose();
    }

    private static Func<ModbusTls> CreateTls(Settings bus)
    {
        var tls = new ModbusTls(bus.Get<string>("ca"), bus.Get<string>("certificate"), bus.Get<string>("key"));
        return () => tls;
    }
}
