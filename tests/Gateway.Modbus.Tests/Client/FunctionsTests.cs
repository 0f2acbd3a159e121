using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Client;

/// <summary>The functions beyond the four tables, between client and server, whose bytes <c>PduVectorTests</c> compares with the specification's.</summary>
public sealed class FunctionsTests : IAsyncLifetime
{
    private static readonly ModbusUnit Unit = new(1);

    private readonly ModbusMemory _memory = new()
    {
        ExceptionStatus = 0x6D,
        Identity = new()
        {
            ServerId = new byte[] { 0x2A, 0xFF },
            Objects = new Dictionary<byte, string> { [0] = new('a', 120), [1] = new('b', 120), [2] = "1.0", [4] = "meter", [0x80] = "own" },
        },
    };

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _serving = [];

    public FunctionsTests()
    {
        _memory.SetRegisters(ModbusTable.HoldingRegisters, 4, 0x12, 7, 8);
        _memory.SetQueue(0x4DE, 0x1B8, 0x1284);
        _memory.SetFile(4, [.. Enumerable.Range(0, 200).Select(i => (ushort)i)]);
    }

    public static TheoryData<ModbusFraming> Framings => [ModbusFraming.Tcp, ModbusFraming.Rtu, ModbusFraming.Ascii];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Registers_are_masked_exchanged_and_queued(ModbusFraming framing)
    {
        await using var client = Connect(framing);
        var registers = new ushort[31];

        // The specification's example: 0x12 with AND 0xF2 and OR 0x25 becomes 0x17. §6.16
        Assert.True((await client.MaskWriteRegisterAsync(Unit, 4, 0xF2, 0x25)).IsSuccess);
        Assert.True((await client.ReadWriteRegistersAsync(Unit, 5, new ushort[] { 70, 80 }, 4, registers.AsMemory(0, 3))).IsSuccess);
        Assert.Equal([0x17, 70, 80], registers[..3]);
        Assert.Equal((new ModbusResult(ModbusStatus.Success), 2), await client.ReadFifoAsync(Unit, 0x4DE, registers));
        Assert.Equal([0x1B8, 0x1284], registers[..2]);
        Assert.Equal(
            new(ModbusStatus.Exception, ExceptionCode.IllegalDataAddress),
            await client.ReadWriteRegistersAsync(Unit, 6, new ushort[] { 1, 2 }, 4, registers.AsMemory(0, 1)));
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Files_are_read_and_written(ModbusFraming framing)
    {
        await using var client = Connect(framing);
        var records = new ushort[121];

        Assert.True((await client.ReadFileAsync(Unit, 4, 79, records)).IsSuccess);
        Assert.Equal(Enumerable.Range(79, 121).Select(i => (ushort)i), records);
        Assert.True((await client.WriteFileAsync(Unit, 4, 198, new ushort[] { 9, 8 })).IsSuccess);
        Assert.True((await client.ReadFileAsync(Unit, 4, 197, records.AsMemory(0, 3))).IsSuccess);
        Assert.Equal([197, 9, 8], records[..3]);
        Assert.Equal(new(ModbusStatus.Exception, ExceptionCode.IllegalDataAddress), await client.ReadFileAsync(Unit, 4, 199, records.AsMemory(0, 2)));
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task A_device_says_what_it_is(ModbusFraming framing)
    {
        await using var client = Connect(framing);

        Assert.Equal((new ModbusResult(ModbusStatus.Success), (byte)0x6D), await client.ReadExceptionStatusAsync(Unit));
        Assert.True((await client.EchoAsync(Unit, 0xA537)).IsSuccess);
        Assert.Equal([0x2A, 0xFF], (await client.ReportServerIdAsync(Unit)).Id);

        // Two texts of 120 bytes do not fit into one answer.
        var (result, objects) = await client.ReadIdentificationAsync(Unit, IdentificationCategory.Extended);
        Assert.True(result.IsSuccess);
        Assert.Equal(_memory.Identity!.Objects, objects);
        Assert.Equal([0, 1, 2], (await client.ReadIdentificationAsync(Unit)).Objects.Keys.Select(id => (int)id));
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task A_device_tells_what_it_counts_and_counts_anew(ModbusFraming framing)
    {
        await using var client = Connect(framing);
        var success = new ModbusResult(ModbusStatus.Success);

        await client.ReadRegistersAsync(Unit, ModbusTable.HoldingRegisters, 4, new ushort[1]);
        await client.ReadRegistersAsync(Unit, ModbusTable.HoldingRegisters, 900, new ushort[1]);
        Assert.Equal((success, (ushort)1), await client.ReadDiagnosticAsync(Unit, DiagnosticCounter.BusExceptions));
        Assert.Equal((success, (ushort)4), await client.ReadDiagnosticAsync(Unit, DiagnosticCounter.ServerMessages));
        Assert.Equal((success, (ushort)0), await client.ReadDiagnosticAsync(Unit, DiagnosticCounter.DiagnosticRegister));

        Assert.True((await client.ClearDiagnosticsAsync(Unit)).IsSuccess);
        Assert.Equal((success, (ushort)1), await client.ReadDiagnosticAsync(Unit, DiagnosticCounter.BusMessages));
        Assert.Equal(
            new(ModbusStatus.Exception, ExceptionCode.IllegalFunction), (await client.ReadDiagnosticAsync(Unit, DiagnosticCounter.BusCharacterOverruns)).Result);
    }

    // Sub-function 14 in the form of the specification's examples; what is no counter is to be echoed. §6.8
    [Fact]
    public async Task A_counter_may_be_anything_and_an_echo_may_not()
    {
        var (near, far) = DuplexStream.Create();
        await using var client = new ModbusClient(_ => new(near), new() { Framing = ModbusFraming.Tcp });
        var reading = client.ReadDiagnosticAsync(Unit, DiagnosticCounter.ServerMessages).AsTask();
        var request = await far.ReceiveAsync(12);
        Assert.Equal(Vectors.Bytes("00 00 00 06 01 08 00 0E 00 00"), request[2..]);

        await far.WriteAsync(new byte[] { request[0], request[1], 0, 0, 0, 6, 1, 8, 0, 0x0E, 0x12, 0x34 });
        Assert.Equal((new ModbusResult(ModbusStatus.Success), (ushort)0x1234), await reading);

        var clearing = client.ClearDiagnosticsAsync(Unit).AsTask();
        request = await far.ReceiveAsync(12);
        await far.WriteAsync(new byte[] { request[0], request[1], 0, 0, 0, 6, 1, 8, 0, 0x0A, 0x12, 0x34 });
        Assert.False((await clearing).IsSuccess);
        await far.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task What_a_unit_lacks_it_refuses(ModbusFraming framing)
    {
        await using var client = Connect(framing, new ModbusMemory());
        var refused = new ModbusResult(ModbusStatus.Exception, ExceptionCode.IllegalFunction);

        Assert.Equal(refused, (await client.ReadExceptionStatusAsync(Unit)).Result);
        Assert.Equal(refused, (await client.ReportServerIdAsync(Unit)).Result);
        Assert.Equal(refused, (await client.ReadIdentificationAsync(Unit)).Result);
    }

    // The energy reset of a PZEM-016, as its manual prints it; the answer is the request.
    [Fact]
    public async Task A_function_of_the_devices_own_goes_as_raw_bytes()
    {
        var (near, far) = DuplexStream.Create();
        await using var client = new ModbusClient(_ => new(near), new() { Framing = ModbusFraming.Rtu });
        var response = new byte[ModbusLimits.MaxPduLength];
        foreach (var shape in new[] { ResponseShape.Fixed(1), ResponseShape.UntilSilence, ResponseShape.Standard })
        {
            var sending = client.SendAsync(Unit, new byte[] { 0x42 }, response, shape).AsTask();
            Assert.Equal(Vectors.Bytes("01 42 80 11"), await far.ReceiveAsync(4));
            await far.WriteAsync(Vectors.Bytes("01 42 80 11"));

            Assert.Equal((new ModbusResult(ModbusStatus.Success), 1), await sending);
            Assert.Equal(0x42, response[0]);
        }

        await far.DisposeAsync();
    }

    private ModbusClient Connect(ModbusFraming framing, ModbusMemory? memory = null)
    {
        var (near, far) = DuplexStream.Create();
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = memory ?? _memory });
        _serving.Add(server.ServeAsync(far, framing, _stop.Token));
        return new(_ => new(near), new() { Framing = framing, ResponseTimeout = TimeSpan.FromSeconds(30) });
    }
}
