using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>pymodbus as a client of ours. Needs <see cref="Peer.Pymodbus"/>.</summary>
internal static class PymodbusClient
{
    // Each question: table (co, di, ho, in), unit, address, how many; or write (co, ho), unit, address, values.
    private const string Script = """
        import sys
        from pymodbus.client import ModbusSerialClient, ModbusTcpClient, ModbusUdpClient
        from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer
        way, where, *questions = sys.argv[1:]
        times = {"timeout": 20, "retries": 0}
        if way == "tcp":
            c = ModbusTcpClient("127.0.0.1", port=int(where), **times)
        elif way == "rtu-over-tcp":
            c = ModbusTcpClient("127.0.0.1", port=int(where), framer=ModbusRtuFramer, **times)
        elif way == "rtu-over-udp":
            c = ModbusUdpClient("127.0.0.1", port=int(where), framer=ModbusRtuFramer, timeout=1, retries=0)
        else:
            c = ModbusSerialClient(where, framer=ModbusAsciiFramer if way == "ascii" else ModbusRtuFramer, baudrate=19200, **times)
        assert c.connect()
        for question in questions:
            verb, unit, address, *rest = question.split()
            unit, address, rest = int(unit), int(address), [int(each) for each in rest]
            if verb == "write-co":
                r = c.write_coils(address, [each != 0 for each in rest], slave=unit)
            elif verb == "write-ho":
                r = c.write_registers(address, rest, slave=unit) if len(rest) > 1 else c.write_register(address, rest[0], slave=unit)
            else:
                read = {"co": c.read_coils, "di": c.read_discrete_inputs, "ho": c.read_holding_registers, "in": c.read_input_registers}[verb]
                r = read(address, rest[0], slave=unit)
            if r.isError():
                print("exception", getattr(r, "exception_code", "none"))
            elif verb.startswith("write"):
                print("written")
            else:
                print(*([int(bit) for bit in r.bits[:rest[0]]] if verb in ("co", "di") else r.registers))
        """;

    /// <summary>What each question was answered with: values, <c>written</c>, or <c>exception</c> with its code.</summary>
    public static async Task<string[]> AskAsync(string way, string where, params string[] questions)
    {
        await using var client = PeerProcess.Start(Peer.Python, ["-c", Script, way, where, .. questions]);
        Assert.True(await client.WaitForExitAsync() == 0, client.Output);
        var answers = client.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. answers.Skip(answers.Length - questions.Length)];
    }
}
