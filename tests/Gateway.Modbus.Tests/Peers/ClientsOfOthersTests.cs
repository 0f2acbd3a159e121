using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux.Serial;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Peers;

/// <summary>mbpoll (libmodbus) and pymodbus as clients of our server, over TCP, RTU and ASCII.</summary>
public sealed class ClientsOfOthersTests : IAsyncLifetime
{
    // Reads every table, writes by every function, reads an address and a unit that are not there.
    private const string PymodbusScript = """
        import sys
        from pymodbus.client import ModbusTcpClient, ModbusSerialClient
        from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer
        c = ModbusTcpClient("127.0.0.1", port=int(sys.argv[2])) if sys.argv[1] == "tcp" \
            else ModbusSerialClient(sys.argv[2], framer=ModbusAsciiFramer if sys.argv[1] == "ascii" else ModbusRtuFramer, baudrate=19200, timeout=10)
        assert c.connect()
        print("coils", c.read_coils(0, 10, slave=1).bits[:10])
        print("discrete", c.read_discrete_inputs(5, 2, slave=1).bits[:2])
        print("holding", c.read_holding_registers(0, 125, slave=1).registers[123:])
        print("input", c.read_input_registers(7, 1, slave=1).registers)
        assert not c.write_coil(0, False, slave=1).isError()
        assert not c.write_coils(1, [True, True], slave=1).isError()
        assert not c.write_register(0, 77, slave=1).isError()
        assert not c.write_registers(1, [78, 65535], slave=1).isError()
        print("written", c.read_coils(0, 3, slave=1).bits[:3], c.read_holding_registers(0, 3, slave=1).registers)
        print("exception", c.read_holding_registers(9999, 1, slave=1).exception_code)
        """;

    // What the unit counts, after a request that it answers and one that it refuses.
    private const string DiagnosticsScript = """
        import sys
        from pymodbus import diag_message as diag
        from pymodbus.client import ModbusTcpClient, ModbusSerialClient
        from pymodbus.transaction import ModbusRtuFramer
        c = ModbusTcpClient("127.0.0.1", port=int(sys.argv[2])) if sys.argv[1] == "tcp" \
            else ModbusSerialClient(sys.argv[2], framer=ModbusRtuFramer, baudrate=19200, timeout=10)
        assert c.connect()
        def ask(request):
            request.unit_id = 1
            answer = c.execute(request)
            return f"exception {answer.exception_code}" if answer.isError() else " ".join(f"{word:04X}" for word in answer.message)
        print("query data", ask(diag.ReturnQueryDataRequest(0xA537)))
        print("register", ask(diag.ReturnDiagnosticRegisterRequest()))
        print("clear", ask(diag.ClearCountersRequest()))
        assert c.read_holding_registers(0, 1, slave=1).registers == [1]
        assert c.read_holding_registers(9999, 1, slave=1).isError()
        print("messages", ask(diag.ReturnBusMessageCountRequest()))
        print("communication errors", ask(diag.ReturnBusCommunicationErrorCountRequest()))
        print("exceptions", ask(diag.ReturnBusExceptionErrorCountRequest()))
        print("for the unit", ask(diag.ReturnSlaveMessageCountRequest()))
        print("unanswered", ask(diag.ReturnSlaveNoResponseCountRequest()))
        print("restart", ask(diag.RestartCommunicationsOptionRequest(toggle=True)))
        print("messages", ask(diag.ReturnBusMessageCountRequest()))
        print("exceptions", ask(diag.ReturnBusExceptionErrorCountRequest()))
        print("wrong data", ask(diag.ReturnBusMessageCountRequest(data=1)))
        print("overruns", ask(diag.ReturnSlaveBusCharacterOverrunCountRequest()))
        """;

    private readonly ModbusMemory _memory = new();
    private readonly ModbusServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _serving = [];

    public ClientsOfOthersTests()
    {
        _memory.SetBits(ModbusTable.Coils, 0, true, false, false, true, false, false, false, false, true, true);
        _memory.SetBits(ModbusTable.DiscreteInputs, 5, false, true);
        _memory.SetRegisters(ModbusTable.HoldingRegisters, 0, [.. Enumerable.Range(1, 125).Select(i => (ushort)i)]);
        _memory.SetRegisters(ModbusTable.InputRegisters, 7, 0xFFFE);
        _server = new(new Dictionary<byte, IModbusDataStore> { [1] = _memory });
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task Pymodbus_reads_and_writes_over_TCP() => await AssertPymodbusAsync("tcp", ListenTcp());

    [PeerFact(Peer.Pymodbus)]
    public async Task Pymodbus_reads_and_writes_over_RTU() => await AssertPymodbusAsync("rtu", ListenSerial(ModbusFraming.Rtu));

    [PeerFact(Peer.Pymodbus)]
    public async Task Pymodbus_reads_and_writes_over_ASCII() => await AssertPymodbusAsync("ascii", ListenSerial(ModbusFraming.Ascii));

    [PeerFact(Peer.Pymodbus)]
    public async Task Pymodbus_asks_for_diagnostics_over_TCP() => await AssertDiagnosticsAsync("tcp", ListenTcp());

    [PeerFact(Peer.Pymodbus)]
    public async Task Pymodbus_asks_for_diagnostics_over_RTU() => await AssertDiagnosticsAsync("rtu", ListenSerial(ModbusFraming.Rtu));

    [PeerFact(Peer.Mbpoll)]
    public async Task Mbpoll_reads_and_writes_over_TCP() => await AssertMbpollAsync(["-m", "tcp", "-p", ListenTcp()], "127.0.0.1");

    [PeerFact(Peer.Mbpoll)]
    public async Task Mbpoll_reads_and_writes_over_RTU() => await AssertMbpollAsync(["-m", "rtu", "-b", "19200", "-P", "none"], ListenSerial(ModbusFraming.Rtu));

    private static async Task AssertPymodbusAsync(string transport, string where)
    {
        await using var client = PeerProcess.Start(Peer.Python, ["-c", PymodbusScript, transport, where]);

        Assert.True(await client.WaitForExitAsync() == 0, client.Output);
        Assert.Equal(
            """
            coils [True, False, False, True, False, False, False, False, True, True]
            discrete [False, True]
            holding [124, 125]
            input [65534]
            written [False, True, True] [77, 78, 65535]
            exception 2

            """,
            client.Output);
    }

    private static async Task AssertDiagnosticsAsync(string transport, string where)
    {
        await using var client = PeerProcess.Start(Peer.Python, ["-c", DiagnosticsScript, transport, where]);

        Assert.True(await client.WaitForExitAsync() == 0, client.Output);
        Assert.Equal(
            """
            query data A537
            register 0000
            clear 0000
            messages 0003
            communication errors 0000
            exceptions 0001
            for the unit 0006
            unanswered 0000
            restart FF00
            messages 0001
            exceptions 0000
            wrong data exception 3
            overruns exception 1

            """,
            client.Output);
    }

    private static async Task AssertMbpollAsync(string[] mode, string where)
    {
        string[] common = [.. mode, "-a", "1", "-0", "-1", "-q", "-o", "10"];
        await using (var write = PeerProcess.Start("mbpoll", [.. common, "-t", "4", "-r", "10", where, "4711", "4712"]))
            Assert.True(await write.WaitForExitAsync() == 0, write.Output);
        await using (var read = PeerProcess.Start("mbpoll", [.. common, "-t", "4", "-r", "9", "-c", "3", where]))
        {
            Assert.True(await read.WaitForExitAsync() == 0, read.Output);
            Assert.Matches(@"\[9\]:\s+10\s+\[10\]:\s+4711\s+\[11\]:\s+4712\s", read.Output);
        }

        await using var absent = PeerProcess.Start("mbpoll", [.. common, "-t", "3", "-r", "8", "-c", "1", where]);
        await absent.WaitForExitAsync();
        Assert.Contains("Illegal data address", absent.Output, StringComparison.Ordinal);
    }

    private string ListenTcp()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _serving.Add(AcceptAsync());
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        async Task AcceptAsync()
        {
            var connections = new List<Task>();
            try
            {
                while (true)
                {
                    var client = await listener.AcceptTcpClientAsync(_stop.Token);
                    connections.Add(_server.ServeAsync(client.GetStream(), ModbusFraming.Tcp, _stop.Token));
                }
            }
            catch (OperationCanceledException)
            {
                listener.Stop();
                await Task.WhenAll(connections);
            }
        }
    }

    private string ListenSerial(ModbusFraming framing)
    {
        var terminal = PseudoTerminal.Open();
        _serving.Add(_server.ServeAsync(terminal, framing, _stop.Token));
        return terminal.SlavePath;
    }
}
