using System.Net;
using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Simulated;
using Gateway.Linux;
using Gateway.Modbus;

namespace Gateway.Hosting;

/// <summary>The Modbus and serial buses of maps as hardware that answers: each network bus on an address, each serial bus on a pseudo-terminal.</summary>
internal sealed class SimulatedPlant : IAsyncDisposable
{
    private const string ModbusDriverName = "modbus";
    private const string SerialDriverName = "serial";

    private readonly List<IAsyncDisposable> _simulations = [];
    private readonly List<(BusDefinition, string)> _served = [];

    private SimulatedPlant()
    {
    }

    /// <summary>The buses, and where each is served: <c>127.0.0.1:5020</c> or the path of a port.</summary>
    public IReadOnlyList<(BusDefinition Bus, string Place)> Served => _served;

    /// <summary>Serves the Modbus buses among those given, and the serial ones that have devices with <c>simulate</c>.</summary>
    /// <param name="buses">Valid definitions; others are left out.</param>
    /// <param name="listen">Where the first network bus is served; each further one on the next port. Port 0: each on a free one.</param>
    /// <param name="link">Where a link to the first serial bus's port is put, with -2, -3… to each further one; null: there are no links.</param>
    /// <param name="timeProvider">The clock of the waveforms.</param>
    /// <param name="loggerFactory">Where trouble is logged.</param>
    /// <param name="options">How devices differ from what their maps say; null: they don't.</param>
    /// <exception cref="ListenerException">An address or a link cannot be had.</exception>
    public static async Task<SimulatedPlant> OpenAsync(
        IEnumerable<BusDefinition> buses,
        IPEndPoint listen,
        string? link,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory,
        SimulationOptions? options = null)
    {
        var plant = new SimulatedPlant();
        try
        {
            var (address, ports) = (listen, 0);
            foreach (var bus in buses)
            {
                if (bus.DriverName == SerialDriverName && new SerialSimulation(bus, timeProvider, options) is var serial)
                {
                    plant._simulations.Add(serial);
                    if (serial.Devices.Any())
                    {
                        ports++;
                        plant._served.Add((bus, OpenPort(serial.OpenPort, link is null || ports == 1 ? link : $"{link}-{ports}")));
                    }

                    continue;
                }

                if (bus.DriverName != ModbusDriverName)
                {
                    continue;
                }

                var simulation = new ModbusSimulation(bus, timeProvider, loggerFactory.CreateLogger<SimulatedPlant>(), options);
                plant._simulations.Add(simulation);
                if (!simulation.IsSerialPort)
                {
                    plant._served.Add((bus, Listen(simulation, address).ToString()));
                    address = new IPEndPoint(address.Address, address.Port == 0 ? 0 : address.Port + 1);
                }
                else
                {
                    ports++;
                    plant._served.Add((bus, OpenPort(simulation.OpenPort, link is null || ports == 1 ? link : $"{link}-{ports}")));
                }
            }

            return plant;
        }
        catch
        {
            await plant.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var simulation in _simulations)
        {
            await simulation.DisposeAsync();
        }
    }

    private static IPEndPoint Listen(ModbusSimulation simulation, IPEndPoint address)
    {
        try
        {
            return simulation.Listen(address);
        }
        catch (ModbusTransportException exception)
        {
            throw new ListenerException($"{address} cannot be served: {exception.Message.TrimEnd('.')}", exception);
        }
        catch (SocketException exception)
        {
            var reason = exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another program has the port" : exception.Message.TrimEnd('.');
            throw new ListenerException($"{address} cannot be listened on: {reason}", exception);
        }
    }

    private static string OpenPort(Func<string?, string> open, string? link)
    {
        try
        {
            return open(link);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw new ListenerException($"a serial port cannot be simulated{(link is null ? "" : $" at {link}")}: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
