using System.Text;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.Modbus.Tests.Client;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;

namespace Gateway.Modbus.Tests.Server;

public sealed class ModbusServerTests : IAsyncLifetime
{
    private readonly ModbusMemory _memory = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _serving = [];

    public ModbusServerTests() => _memory.SetRegisters(ModbusTable.HoldingRegisters, 0, 1, 2, 3);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    [Fact]
    public async Task Requests_that_cannot_be_served_are_told_once_a_minute_with_their_number()
    {
        using var log = new LogLines();
        var time = new ManualTimeProvider();
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = new BrokenStore() }, time: time, logger: log);
        var (near, client) = DuplexStream.Create();
        _serving.Add(server.ServeAsync(near, ModbusFraming.Tcp, _stop.Token));
        for (var i = 0; i < 5; i++)
        {
            await AskAsync();
        }

        time.Advance(TimeSpan.FromMinutes(1));
        await AskAsync();
        await client.DisposeAsync();
        Assert.Equal(
            [
                "Serving unit 1, function 3, failed; the client is answered with exception 4.",
                "Serving unit 1, function 3, failed; the client is answered with exception 4 (4 more like this since the last such line).",
            ],
            log.All);

        async Task AskAsync()
        {
            await client.WriteAsync(Convert.FromHexString("000100000006010300000001"));
            var answer = new byte[9];
            await client.ReadExactlyAsync(answer);
            Assert.Equal("000100000003018304", Convert.ToHexString(answer));
        }
    }

    [Theory]
    [InlineData(ModbusFraming.Tcp)]
    [InlineData(ModbusFraming.Rtu)]
    public async Task Client_and_server_understand_each_other(ModbusFraming framing)
    {
        _memory.SetBits(ModbusTable.Coils, 10, new bool[20]);
        await using var client = new ModbusClient(_ => new(Connect(framing)), new() { Framing = framing });
        var coils = new bool[20];
        var registers = new ushort[3];

        Assert.True((await client.WriteCoilsAsync(new(1), 10, new[] { true, false, true })).IsSuccess);
        Assert.True((await client.WriteCoilAsync(new(1), 29, true)).IsSuccess);
        Assert.True((await client.ReadBitsAsync(new(1), ModbusTable.Coils, 10, coils)).IsSuccess);
        Assert.Equal([0, 2, 19], Enumerable.Range(0, 20).Where(i => coils[i]));

        Assert.True((await client.WriteRegistersAsync(new(1), 1, new ushort[] { 0xABCD, 0x1234 })).IsSuccess);
        Assert.True((await client.WriteRegisterAsync(new(1), 0, 9)).IsSuccess);
        Assert.True((await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, registers)).IsSuccess);
        Assert.Equal([9, 0xABCD, 0x1234], registers);
        Assert.Equal(
            new(ModbusStatus.Exception, ExceptionCode.IllegalDataAddress),
            await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 2, registers));
    }

    [Fact]
    public async Task An_unknown_unit_is_answered_over_TCP_unless_told_otherwise()
    {
        await using var answered = Connect(ModbusFraming.Tcp);
        await answered.WriteAsync(Vectors.Bytes("00 01 00 00 00 06 09 03 00 00 00 01"));
        Assert.Equal(Vectors.Bytes("00 01 00 00 00 03 09 83 0B"), await answered.ReceiveAsync(9));

        await using var ignored = Connect(ModbusFraming.Tcp, new() { IgnoreUnknownUnits = true });
        await ignored.WriteAsync(Vectors.Bytes("00 01 00 00 00 06 09 03 00 00 00 01 00 02 00 00 00 06 01 03 00 00 00 01"));
        Assert.Equal(Vectors.Bytes("00 02 00 00 00 05 01 03 02 00 01"), await ignored.ReceiveAsync(11));
    }

    [Fact]
    public async Task Requests_that_come_at_once_are_answered_in_order()
    {
        await using var client = Connect(ModbusFraming.Tcp);
        await client.WriteAsync(Vectors.Bytes("00 01 00 00 00 06 01 03 00 00 00 01 00 02 00 00 00 06 01 03 00 01 00 01"));

        Assert.Equal(Vectors.Bytes("00 01 00 00 00 05 01 03 02 00 01 00 02 00 00 00 05 01 03 02 00 02"), await client.ReceiveAsync(22));
    }

    // Function, sub-function and data as in §6.8, in the frames of ASCII, whose ends are known.
    [Fact]
    public async Task Diagnostics_tell_of_the_line_and_of_each_unit()
    {
        await using var line = Connect(ModbusFraming.Ascii);
        await AssertAnswerAsync(line, ":010300000001FB\r\n", ":0103020001F9\r\n");
        await line.WriteAsync(Encoding.ASCII.GetBytes(":010300000001FC\r\n" + ":000600000009F1\r\n")); // a wrong checksum; a write to all
        await line.WriteAsync(Encoding.ASCII.GetBytes(":020300000001FA\r\n")); // nobody is unit 2

        await AssertAnswerAsync(line, ":0108000B0000EC\r\n", ":0108000B0004E8\r\n");
        await AssertAnswerAsync(line, ":0108000C0000EB\r\n", ":0108000C0001EA\r\n");
        await AssertAnswerAsync(line, ":0108000E0000E9\r\n", ":0108000E0005E4\r\n");
        await AssertAnswerAsync(line, ":0108000F0000E8\r\n", ":0108000F0001E7\r\n");
        await AssertAnswerAsync(line, ":0108000A0000ED\r\n", ":0108000A0000ED\r\n");
        await AssertAnswerAsync(line, ":0108000C0000EB\r\n", ":0108000C0000EB\r\n");
        await AssertAnswerAsync(line, ":0108000E0000E9\r\n", ":0108000E0002E7\r\n");
        await AssertAnswerAsync(line, ":010800040000F3\r\n", ":01880176\r\n");
        await AssertAnswerAsync(line, ":0108000D0000EA\r\n", ":0108000D0001E9\r\n");
    }

    [Fact]
    public async Task Garbage_over_TCP_closes_the_connection()
    {
        await using var client = Connect(ModbusFraming.Tcp);
        await client.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        Assert.Equal(0, await client.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_function_that_is_not_served_is_refused()
    {
        await using var line = Connect(ModbusFraming.Rtu);
        // Read device identification; the checksums are pymodbus's.
        await line.WriteAsync(Vectors.Bytes("01 2B 0E 01 00 70 77"));

        Assert.Equal(Vectors.Bytes("01 AB 01 9E F0"), await line.ReceiveAsync(5));
    }

    [Fact]
    public async Task RTU_requests_are_found_among_noise_and_in_portions()
    {
        await using var line = Connect(ModbusFraming.Rtu);
        await line.WriteAsync(Vectors.Bytes("FF 00 13 01 03 00"));
        foreach (var b in Vectors.Bytes("01 03 00 00 00 01 84 0A"))
            await line.WriteAsync(new[] { b });

        Assert.Equal(Vectors.Bytes("01 03 02 00 01 79 84"), await line.ReceiveAsync(7));
    }

    [Fact]
    public async Task An_RTU_request_that_does_not_go_on_is_given_up()
    {
        var time = new ManualTimeProvider();
        await using var line = Connect(ModbusFraming.Rtu, time: time);
        // The head of a write of 123 registers, then silence, then a whole request.
        await line.WriteAsync(Vectors.Bytes("01 10 00 00 00 7B F6"));
        await time.AdvanceWhenArmedAsync(TimeSpan.FromMilliseconds(50));
        await line.WriteAsync(Vectors.Bytes("01 03 00 00 00 01 84 0A"));

        var arriving = line.ReceiveAsync(7);
        await time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(50), () => arriving.IsCompleted);
        Assert.Equal(Vectors.Bytes("01 03 02 00 01 79 84"), await arriving);
    }

    [Fact]
    public async Task A_broadcast_is_carried_out_and_not_answered()
    {
        await using var line = Connect(ModbusFraming.Rtu);
        // Register 0 := 3, to all; the checksums are pymodbus's.
        await line.WriteAsync(Vectors.Bytes("00 06 00 00 00 03 C8 1A"));
        await line.WriteAsync(Vectors.Bytes("01 03 00 00 00 01 84 0A"));

        Assert.Equal(Vectors.Bytes("01 03 02 00 03 F8 45"), await line.ReceiveAsync(7));
    }

    [Fact]
    public async Task A_store_that_throws_is_a_device_failure()
    {
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = new BrokenStore() });
        var (near, far) = DuplexStream.Create();
        _serving.Add(server.ServeAsync(near, ModbusFraming.Tcp, _stop.Token));
        await using var client = new ModbusClient(_ => new(far), new());

        Assert.Equal(new(ModbusStatus.Exception, ExceptionCode.ServerDeviceFailure), await client.WriteCoilAsync(new(1), 0, true));
    }

    [Fact]
    public async Task What_clients_write_is_reported()
    {
        var written = new List<(ModbusTable, ushort, int)>();
        _memory.Written += (_, e) => written.Add((e.Table, e.Address, e.Count));

        await _memory.WriteRegistersAsync(1, new ushort[] { 5, 6 }, CancellationToken.None);
        await _memory.WriteRegistersAsync(2, new ushort[] { 5, 6 }, CancellationToken.None);

        Assert.Equal([(ModbusTable.HoldingRegisters, (ushort)1, 2)], written);
        var third = new ushort[1];
        Assert.True(_memory.TryGetRegisters(ModbusTable.HoldingRegisters, 2, third));
        Assert.Equal(6, third[0]);
    }

    [Fact]
    public async Task What_is_written_is_logged_with_who_it_was_once_for_the_same()
    {
        var lines = new Lines();
        _memory.SetBits(ModbusTable.Coils, 0, new bool[20]);
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = _memory }, new() { LogsWrites = true }, logger: lines);
        var (near, far) = DuplexStream.Create();
        _serving.Add(server.ServeAsync(near, ModbusFraming.Tcp, new ModbusPeer("10.0.0.9:1234"), _stop.Token));
        await using var client = new ModbusClient(_ => new(far), new());

        await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, new ushort[1]);
        await client.WriteRegisterAsync(new(1), 0, 9);
        await client.WriteRegisterAsync(new(1), 0, 9);
        await client.WriteRegisterAsync(new(1), 0, 10);
        await client.WriteRegistersAsync(new(1), 1, new ushort[] { 5, 6 });
        await client.WriteCoilAsync(new(1), 19, true);
        await client.WriteRegisterAsync(new(1), 100, 1); // refused

        Assert.Equal(
            [
                "The Modbus client 10.0.0.9:1234 wrote holding registers 0 of unit 1, by the request 0600000009.",
                "The Modbus client 10.0.0.9:1234 wrote holding registers 0 of unit 1, by the request 060000000A.",
                "The Modbus client 10.0.0.9:1234 wrote holding registers 1 to 2 of unit 1, by the request 100001000204" + "00050006.",
                "The Modbus client 10.0.0.9:1234 wrote coils 19 of unit 1, by the request 050013FF00.",
            ],
            lines.Texts);
    }

    private static async Task AssertAnswerAsync(DuplexStream line, string request, string expected)
    {
        await line.WriteAsync(Encoding.ASCII.GetBytes(request));
        Assert.Equal(expected, Encoding.ASCII.GetString(await line.ReceiveAsync(expected.Length)));
    }

    private DuplexStream Connect(ModbusFraming framing, ModbusServerOptions? options = null, TimeProvider? time = null)
    {
        var (near, far) = DuplexStream.Create();
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = _memory }, options, time);
        _serving.Add(server.ServeAsync(near, framing, _stop.Token));
        return far;
    }

    private sealed class Lines : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Texts.Add(formatter(state, exception));
    }

    private sealed class BrokenStore : IModbusDataStore
    {
        public ValueTask<ExceptionCode> ReadBitsAsync(ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Broken.");

        public ValueTask<ExceptionCode> ReadRegistersAsync(ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Broken.");

        public ValueTask<ExceptionCode> WriteCoilsAsync(ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Broken.");

        public ValueTask<ExceptionCode> WriteRegistersAsync(ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Broken.");
    }
}
