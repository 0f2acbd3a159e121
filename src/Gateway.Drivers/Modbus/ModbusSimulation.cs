using System.Net;
using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Linux;
using Gateway.Linux.Serial;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Server;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// The devices of a Modbus map as devices that answer: values from waveforms, laid into registers as the map reads
/// them; what a client writes stays. Dispose it to stop. Not thread-safe.
/// </summary>
public sealed class ModbusSimulation : IAsyncDisposable
{
    private const int MaxConnections = 64;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IDisposable> _listeners = [];
    private readonly List<Task> _serving = [];
    private readonly ModbusServer _server;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <param name="bus">A valid definition of a Modbus bus; its transport and address are not used.</param>
    /// <param name="timeProvider">The clock of the waveforms.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    public ModbusSimulation(BusDefinition bus, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(bus);
        var units = bus.Devices
            .Select(definition => new ModbusDevice(definition))
            .GroupBy(device => device.Unit.Id)
            .ToDictionary(unit => unit.Key, IModbusDataStore (unit) => new SimulatedUnit(unit.SelectMany(device => device.Points), timeProvider));
        _server = new ModbusServer(units, options: null, timeProvider);
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <summary>Serves Modbus TCP on an address; port 0 takes a free one. At most 64 clients at a time.</summary>
    /// <returns>The address that is served.</returns>
    /// <exception cref="SocketException">The address cannot be had: another program has it, or this machine does not.</exception>
    public IPEndPoint Listen(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var listener = new TcpListener(endPoint);
        listener.Start();
        _listeners.Add(listener);
        _serving.Add(AcceptAsync(listener));
        return (IPEndPoint)listener.LocalEndpoint;
    }

    /// <summary>Serves RTU on a new pseudo-terminal.</summary>
    /// <param name="link">Where a symbolic link to it is put; null: none.</param>
    /// <returns>The path that clients open: the link, or the pseudo-terminal itself.</returns>
    /// <exception cref="LinuxException">The kernel gives no pseudo-terminal.</exception>
    /// <exception cref="IOException">The link cannot be made.</exception>
    public string OpenPort(string? link)
    {
        var terminal = PseudoTerminal.Open(link);
        _listeners.Add(terminal);
        _serving.Add(_server.ServeAsync(terminal, ModbusFraming.Rtu, _stopping.Token));
        return link ?? terminal.SlavePath;
    }

    /// <summary>Closes all connections and waits for their end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listeners.ForEach(listener => listener.Dispose());
        await Task.WhenAll(_serving);
        _stopping.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        var connections = new List<Task>();
        while (await AcceptOneAsync(listener) is { } socket)
        {
            connections.RemoveAll(connection => connection.IsCompleted);
            if (connections.Count >= MaxConnections)
            {
                Log.TooManyConnections(_logger, MaxConnections);
                socket.Dispose();
                continue;
            }

            socket.NoDelay = true;
            connections.Add(_server.ServeAsync(new NetworkStream(socket, ownsSocket: true), ModbusFraming.Tcp, _stopping.Token));
        }

        await Task.WhenAll(connections);
    }

    private async Task<Socket?> AcceptOneAsync(TcpListener listener)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptSocketAsync(_stopping.Token);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return null;
            }
            catch (SocketException e)
            {
                // A client that was gone before it was accepted, or no descriptor left: neither ends the listening.
                Log.AcceptFailed(_logger, e.Message);
                await Task.Delay(AcceptPause, _timeProvider, CancellationToken.None);
            }
        }
    }
}
