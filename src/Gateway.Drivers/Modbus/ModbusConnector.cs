using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial;
using Gateway.Linux.Serial;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;

namespace Gateway.Drivers.Modbus;

/// <summary>Turns a bus's keys into a client, and opens its line.</summary>
internal static class ModbusConnector
{
    /// <summary>A client for a valid bus; does no I/O.</summary>
    public static ModbusClient CreateClient(Settings bus, TimeProvider timeProvider)
    {
        var timing = TimingOf(bus);
        var options = new ModbusClientOptions
        {
            Framing = timing is null ? ModbusFraming.Tcp : ModbusFraming.Rtu,
            Timing = timing,
            ResponseTimeout = bus.Get<TimeSpan>("timeout"),
        };
        Func<CancellationToken, ValueTask<Stream>> open = timing is null
            ? cancellationToken => OpenTcpAsync(bus, cancellationToken)
            : _ => ValueTask.FromResult<Stream>(SerialPort.Open(SerialLineKeys.ToSettings(bus, bus.Get<string>("port")), timeProvider));
        return new ModbusClient(open, options, timeProvider);
    }

    /// <summary>The times of the serial line; null over TCP.</summary>
    public static RtuTiming? TimingOf(Settings bus) => bus.Get<string>("modbus") == ModbusSchema.Rtu
        ? new RtuTiming((int)bus.Get<long>("baud"), (int)bus.Get<long>("data-bits"), bus.Get<string>("parity") != "none", (int)bus.Get<long>("stop-bits"))
        : null;

    private static async ValueTask<Stream> OpenTcpAsync(Settings bus, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(bus.Get<string>("host"), (int)bus.Get<long>("port"), cancellationToken);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
