using System.Net.Sockets;
using Gateway.Linux.Serial;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Peers;

/// <summary>Our client against pymodbus, over TCP, RTU and ASCII, the latter on a pair of socat's ports.</summary>
public sealed class PymodbusServerTests
{
    private static readonly Dictionary<int, PymodbusUnit> Units = new()
    {
        [1] = new()
        {
            Coils = { [0] = [true, false, true, true, false, false, true, false, true, true] },
            Discrete = { [100] = [false, true, true] },
            Holding = { [0] = [1, 2, 3], [65535] = [0xFFFF], [1000] = [.. Enumerable.Range(0, 125).Select(i => (ushort)(i * 257))] },
            Input = { [72] = [0x47F1, 0x2000] },
        },
        [247] = new() { Holding = { [0] = [247] } },
    };

    // pymodbus on a loaded machine: slow to start, not to answer.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    [PeerFact(Peer.Pymodbus)]
    public async Task Every_function_works_over_TCP()
    {
        await using var server = await PymodbusServer.StartTcpAsync(Units);
        await using var client = new ModbusClient(
            async token =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync("127.0.0.1", server.Port, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
            new() { ResponseTimeout = ResponseTimeout });

        await AssertEveryFunctionWorksAsync(client);
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task Every_function_works_over_RTU()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var server = await PymodbusServer.StartRtuAsync(Units, cable.PathB);
        await using var client = RtuClient(cable.PathA, ResponseTimeout);

        await AssertEveryFunctionWorksAsync(client);
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task Every_function_works_over_ASCII()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var server = await PymodbusServer.StartRtuAsync(Units, cable.PathB, ascii: true);
        await using var client = new ModbusClient(
            _ => new(SerialPort.Open(new() { Path = cable.PathA, BaudRate = 19200 })), Rtu(ResponseTimeout) with { Framing = ModbusFraming.Ascii });

        await AssertEveryFunctionWorksAsync(client);
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task A_unit_that_is_not_there_is_a_timeout_and_its_neighbour_answers()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var server = await PymodbusServer.StartRtuAsync(Units, cable.PathB);
        await using var client = RtuClient(cable.PathA, ResponseTimeout);
        var register = new ushort[1];
        Assert.True((await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 2, register)).IsSuccess);

        var absent = await client.ReadRegistersAsync(new(9, TimeSpan.FromMilliseconds(200)), ModbusTable.HoldingRegisters, 0, register);
        Assert.Equal(ModbusStatus.Timeout, absent.Status);
        Assert.True((await client.ReadRegistersAsync(new(247), ModbusTable.HoldingRegisters, 0, register)).IsSuccess);
        Assert.Equal(247, register[0]);
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task A_port_that_vanishes_is_a_broken_transport_until_it_is_back()
    {
        var path = "";
        await using var client = new ModbusClient(_ => new(SerialPort.Open(new() { Path = path, BaudRate = 19200 })), Rtu(ResponseTimeout));
        var register = new ushort[1];
        await using (var cable = await PtyPair.CreateAsync())
        {
            path = cable.PathA;
            await using var server = await PymodbusServer.StartRtuAsync(Units, cable.PathB);
            Assert.True((await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, register)).IsSuccess);
        }

        await Assert.ThrowsAsync<ModbusTransportException>(
            () => client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, register).AsTask());
        await using var newCable = await PtyPair.CreateAsync();
        await using var newServer = await PymodbusServer.StartRtuAsync(Units, newCable.PathB);
        path = newCable.PathA;
        Assert.True((await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, register)).IsSuccess);
    }

    private static ModbusClient RtuClient(string path, TimeSpan responseTimeout) =>
        new(_ => new(SerialPort.Open(new() { Path = path, BaudRate = 19200 })), Rtu(responseTimeout));

    private static ModbusClientOptions Rtu(TimeSpan responseTimeout) =>
        new() { Framing = ModbusFraming.Rtu, Timing = new(19200, 8, false, 1), ResponseTimeout = responseTimeout };

    private static async Task AssertEveryFunctionWorksAsync(ModbusClient client)
    {
        var unit = new ModbusUnit(1);
        var bits = new bool[10];
        Assert.True((await client.ReadBitsAsync(unit, ModbusTable.Coils, 0, bits)).IsSuccess);
        Assert.Equal(Units[1].Coils[0], bits);
        Assert.True((await client.ReadBitsAsync(unit, ModbusTable.DiscreteInputs, 100, bits.AsMemory(0, 3))).IsSuccess);
        Assert.Equal(Units[1].Discrete[100], bits[..3]);

        var registers = new ushort[125];
        Assert.True((await client.ReadRegistersAsync(unit, ModbusTable.HoldingRegisters, 1000, registers)).IsSuccess);
        Assert.Equal(Units[1].Holding[1000], registers);
        Assert.True((await client.ReadRegistersAsync(unit, ModbusTable.HoldingRegisters, 65535, registers.AsMemory(0, 1))).IsSuccess);
        Assert.Equal(0xFFFF, registers[0]);
        Assert.True((await client.ReadRegistersAsync(unit, ModbusTable.InputRegisters, 72, registers.AsMemory(0, 2))).IsSuccess);
        Assert.Equal(Units[1].Input[72], registers[..2]);

        Assert.True((await client.WriteCoilAsync(unit, 1, true)).IsSuccess);
        Assert.True((await client.WriteCoilsAsync(unit, 2, new[] { false, false, true })).IsSuccess);
        Assert.True((await client.ReadBitsAsync(unit, ModbusTable.Coils, 0, bits.AsMemory(0, 5))).IsSuccess);
        Assert.Equal([true, true, false, false, true], bits[..5]);
        Assert.True((await client.WriteRegisterAsync(unit, 0, 0xABCD)).IsSuccess);
        Assert.True((await client.WriteRegistersAsync(unit, 1, new ushort[] { 7, 8 })).IsSuccess);
        Assert.True((await client.ReadRegistersAsync(unit, ModbusTable.HoldingRegisters, 0, registers.AsMemory(0, 3))).IsSuccess);
        Assert.Equal([0xABCD, 7, 8], registers[..3]);

        Assert.Equal(
            new(ModbusStatus.Exception, ExceptionCode.IllegalDataAddress),
            await client.ReadRegistersAsync(unit, ModbusTable.HoldingRegisters, 2, registers.AsMemory(0, 2)));
    }
}
