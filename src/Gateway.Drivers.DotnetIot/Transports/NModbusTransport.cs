using System.Net.Sockets;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Plugins;
using NModbus;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>
/// Modbus by NModbus' master in place of the gateway's own client: of <c>modbus: tcp</c> over a socket, of <c>modbus: rtu</c> over
/// System.IO.Ports. Reads are planned, and values decoded, by the gateway all the same. Thread-safe.
/// </summary>
public sealed class NModbusTransport : ITransport
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public string Name => "nmodbus";

    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(Settings bus, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bus);
        var timeout = bus.TryGet<TimeSpan>("timeout", out var given) ? given : DefaultTimeout;
        return bus.TryGet<string>("modbus", out var framing) && framing is "tcp" or "rtu"
            ? framing == "tcp" ? await ConnectAsync(bus, timeout, cancellationToken) : Open(bus, timeout)
            : throw new IOException("The transport 'nmodbus' carries modbus: tcp and modbus: rtu; take 'transport' away.");
    }

    private static async Task<NModbusStream> ConnectAsync(Settings bus, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(bus.Get<string>("host"), (int)bus.Get<long>("port"), cancellationToken);
            return new NModbusStream(new NModbusTcpCarrier(new ModbusFactory().CreateMaster(client)), timeout);
        }
        catch (SocketException fault)
        {
            client.Dispose();
            throw new IOException($"{bus.Get<string>("host")} cannot be reached: {fault.Message}", fault);
        }
        catch (OperationCanceledException)
        {
            client.Dispose();
            throw;
        }
    }

    private static NModbusStream Open(Settings bus, TimeSpan timeout)
    {
        var factory = new ModbusFactory();
        var master = factory.CreateMaster(factory.CreateRtuTransport(new SerialPortResource(SerialPorts.Open(bus))));
        return new NModbusStream(new NModbusRtuCarrier(master, factory), timeout);
    }
}
