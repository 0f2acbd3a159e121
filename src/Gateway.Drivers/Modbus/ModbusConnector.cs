using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Plugins;
using Gateway.Drivers.Serial;
using Gateway.Linux.Serial;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Security;
using Gateway.Shared;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>Turns a bus's keys into a client, and opens its line.</summary>
internal static class ModbusConnector
{
    /// <summary>A client for a valid bus; does no I/O.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="carrier">What carries its bytes in place of the gateway; null: nothing does.</param>
    /// <param name="timeProvider">The clock of timeouts and silences.</param>
    /// <param name="logger">Where the client logs.</param>
    public static ModbusClient CreateClient(Settings bus, ITransport? carrier, TimeProvider timeProvider, ILogger logger)
    {
        var transport = ModbusTransport.Of(bus);
        var options = new ModbusClientOptions
        {
            Framing = ModbusTransport.FramingOf(transport),
            Timing = TimingOf(bus),
            ResponseTimeout = bus.Get<TimeSpan>("timeout"),
            PauseAfterConnect = bus.Get<TimeSpan>("pause-after-connect"),
            ReconnectDelay = bus.Get<TimeSpan>("reconnect"),
            CloseAfter = bus.TryGet<TimeSpan>("close-after", out var closeAfter) ? closeAfter : null,
            MaxInFlight = ModbusBusSchema.InFlightOf(bus),
        };
        return new ModbusClient(cancellationToken => carrier?.OpenAsync(bus, cancellationToken) ?? OpenAsync(bus, transport, timeProvider, cancellationToken), options, timeProvider, logger);
    }

    /// <summary>The times of the serial line; null where there is none on this machine.</summary>
    public static RtuTiming? TimingOf(Settings bus) => ModbusTransport.IsSerialPort(ModbusTransport.Of(bus))
        ? new RtuTiming((int)bus.Get<long>("baud"), (int)bus.Get<long>("data-bits"), bus.Get<string>("parity") != "none", (int)bus.Get<long>("stop-bits"))
        : null;

    private static async ValueTask<Stream> OpenAsync(Settings bus, string transport, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (ModbusTransport.IsSerialPort(transport))
        {
            return SerialPort.Open(SerialLineKeys.ToSettings(bus, bus.Get<string>("port")), timeProvider);
        }

        var (host, port) = (bus.Get<string>("host"), (int)bus.Get<long>("port"));
        if (transport == ModbusTransport.RtuOverUdp)
        {
            return await DatagramStream.ConnectAsync(host, port, cancellationToken);
        }

        if (transport != ModbusTransport.Tls)
        {
            return await SocketStream.ConnectAsync(host, port, cancellationToken);
        }

        // Read anew for each connection, so that renewed certificates are taken up.
        var tls = new ModbusTls(bus.Get<string>("ca"), bus.Get<string>("certificate"), bus.Get<string>("key"));
        return await tls.AuthenticateAsClientAsync(await SocketStream.ConnectAsync(host, port, cancellationToken), host, cancellationToken);
    }
}
