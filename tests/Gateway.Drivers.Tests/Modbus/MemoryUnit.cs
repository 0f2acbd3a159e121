using System.Net;
using System.Net.Sockets;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>A device on a TCP port of 127.0.0.1 that answers every unit id from one memory.</summary>
internal sealed class MemoryUnit : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    public MemoryUnit(byte unit)
    {
        _listener.Start();
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [unit] = Memory }, options: null, TimeProvider.System);
        _serving = ServeAsync(server);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public ModbusMemory Memory { get; } = new();

    public void Lay(ushort address, params ushort[] registers) => Memory.SetRegisters(ModbusTable.HoldingRegisters, address, registers);

    public ushort[] Registers(ushort address, int count)
    {
        var registers = new ushort[count];
        Assert.True(Memory.TryGetRegisters(ModbusTable.HoldingRegisters, address, registers));
        return registers;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync(ModbusServer server)
    {
        try
        {
            var socket = await _listener.AcceptSocketAsync(_stopping.Token);
            await server.ServeAsync(new NetworkStream(socket, ownsSocket: true), ModbusFraming.Tcp, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
