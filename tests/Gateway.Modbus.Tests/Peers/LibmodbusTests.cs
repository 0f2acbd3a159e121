using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Peers;

/// <summary>libmodbus as server and as client, by the program that the benchmarks use too.</summary>
public sealed class LibmodbusTests : IAsyncLifetime
{
    private const int Registers = 125;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("libmodbus-");

    private string Program => Path.Combine(_folder.FullName, "libmodbus");

    public async Task InitializeAsync()
    {
        var source = Path.Combine(Repository.Root, "tests", "Gateway.Benchmarks", "libmodbus.c");
        await using var compiler = PeerProcess.Start("cc", ["-I/usr/include/modbus", "-o", Program, source, "-lmodbus"]);
        await compiler.WaitForExitAsync();
    }

    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    [PeerTheory(Peer.Libmodbus)]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Our_client_reads_from_its_server(int inFlight)
    {
        var port = LoopbackPort.Free();
        await using var server = PeerProcess.Start(Program, ["server", port.ToString(CultureInfo.InvariantCulture)]);
        await using var client = new ModbusClient(
            async cancellationToken =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
            new() { MaxInFlight = inFlight, ResponseTimeout = TimeSpan.FromSeconds(30) });
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, new ushort[1])).IsSuccess;
            }
            catch (ModbusTransportException)
            {
                return false;
            }
        });

        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(async first =>
        {
            for (var address = (ushort)first; address < Registers; address++)
            {
                var registers = new ushort[Registers - address];
                Assert.True((await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, address, registers)).IsSuccess);
                Assert.Equal(Enumerable.Range(address, registers.Length).Select(i => (ushort)i), registers);
            }
        }));
    }

    [PeerFact(Peer.Libmodbus)]
    public async Task Its_client_reads_from_our_server()
    {
        var memory = new ModbusMemory();
        memory.SetRegisters(ModbusTable.HoldingRegisters, 0, [.. Enumerable.Range(0, Registers).Select(i => (ushort)i)]);
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [0xFF] = memory });
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = PeerProcess.Start(
            Program, ["client", ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture), "100"]);
        await server.ServeAsync(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true), ModbusFraming.Tcp, CancellationToken.None);

        Assert.True(await client.WaitForExitAsync() == 0, client.Output);
    }
}
