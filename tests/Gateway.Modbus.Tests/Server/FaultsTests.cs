using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.Modbus.Tests.Client;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Server;

/// <summary>What a simulated unit does wrong on purpose, as a client sees it; and a server's limits.</summary>
public sealed class FaultsTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _serving = [];
    private (DuplexStream Server, DuplexStream Client) _ends;

    public static TheoryData<ModbusFraming, ModbusFaults, ModbusStatus> Faults => new()
    {
        { ModbusFraming.Rtu, new() { Drop = 1 }, ModbusStatus.Timeout },
        { ModbusFraming.Rtu, new() { Corrupt = 1 }, ModbusStatus.ChecksumError },
        { ModbusFraming.Rtu, new() { Exception = 1 }, ModbusStatus.Exception },
        { ModbusFraming.Rtu, new() { WrongUnit = 1 }, ModbusStatus.UnexpectedResponse },
        { ModbusFraming.Rtu, new() { Late = 1 }, ModbusStatus.Timeout },
        { ModbusFraming.Rtu, new() { Babble = 1 }, ModbusStatus.ChecksumError },
        { ModbusFraming.Rtu, new() { Duplicate = 1 }, ModbusStatus.Success },
        { ModbusFraming.Rtu, new() { Delay = TimeSpan.FromSeconds(0.9) }, ModbusStatus.Success },
        { ModbusFraming.Ascii, new() { Corrupt = 1, Seed = 1 }, ModbusStatus.ChecksumError },
        { ModbusFraming.Tcp, new() { Drop = 1 }, ModbusStatus.Timeout },
        { ModbusFraming.Tcp, new() { Corrupt = 1 }, ModbusStatus.Timeout },
        { ModbusFraming.Tcp, new() { WrongUnit = 1 }, ModbusStatus.UnexpectedResponse },
        { ModbusFraming.Tcp, new() { Duplicate = 1 }, ModbusStatus.Success },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_shows_and_its_neighbour_answers(ModbusFraming framing, ModbusFaults faults, ModbusStatus expected)
    {
        await using var client = new ModbusClient(
            _ => new(Connect(framing, new() { Faults = new Dictionary<byte, ModbusFaults> { [1] = faults } })), new() { Framing = framing }, _time);

        Assert.Equal(expected, (await ReadAsync(client, 1)).Status);
        Assert.True((await ReadAsync(client, 2)).IsSuccess);
    }

    [Fact]
    public async Task A_connection_too_many_is_closed()
    {
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore>(), new() { MaxConnections = 1 });
        var (near, first) = DuplexStream.Create();
        _serving.Add(server.ServeAsync(near, ModbusFraming.Tcp, _stop.Token));
        var (other, second) = DuplexStream.Create();
        await server.ServeAsync(other, ModbusFraming.Tcp, _stop.Token);

        Assert.Equal(0, await second.ReadAsync(new byte[1]));
        Assert.Equal(1, server.Connections);
        await first.DisposeAsync();
        await Eventually.TrueAsync(() => server.Connections == 0);
    }

    [Fact]
    public async Task Connections_too_many_are_told_once_a_minute_with_their_number()
    {
        using var log = new LogLines();
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore>(), new() { MaxConnections = 1 }, _time, log);
        var (near, first) = DuplexStream.Create();
        _serving.Add(server.ServeAsync(near, ModbusFraming.Tcp, _stop.Token));
        for (var i = 0; i < 5; i++)
        {
            await server.ServeAsync(DuplexStream.Create().Item1, ModbusFraming.Tcp, _stop.Token);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        await server.ServeAsync(DuplexStream.Create().Item1, ModbusFraming.Tcp, _stop.Token);
        Assert.Equal(
            [
                "The Modbus server has 1 connections; another one was refused.",
                "The Modbus server has 1 connections; another one was refused (4 more like this since the last such line).",
            ],
            log.All);
        await first.DisposeAsync();
    }

    [Theory]
    [InlineData(ModbusFraming.Tcp)]
    [InlineData(ModbusFraming.Rtu)]
    [InlineData(ModbusFraming.Ascii)]
    public async Task An_idle_connection_is_closed(ModbusFraming framing)
    {
        await using var far = Connect(framing, new() { IdleTimeout = TimeSpan.FromMinutes(1) });
        var reading = far.ReadAsync(new byte[1]).AsTask();
        await _time.AdvanceUntilAsync(TimeSpan.FromSeconds(30), () => reading.IsCompleted);

        Assert.Equal(0, await reading);
    }

    [Theory]
    [InlineData(ModbusFraming.Tcp)]
    [InlineData(ModbusFraming.Rtu)]
    public async Task Bytes_that_are_no_request_do_not_keep_a_connection(ModbusFraming framing)
    {
        await using var far = Connect(framing, new() { IdleTimeout = TimeSpan.FromMinutes(10) });
        var reading = far.ReadAsync(new byte[1]).AsTask();
        for (var i = 0; i < 5; i++) // the begin of a frame of Modbus TCP, a byte every five minutes
        {
            await far.WriteAsync(new byte[1]).AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
            _time.Advance(TimeSpan.FromMinutes(5));
        }

        await _time.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => reading.IsCompleted);
        Assert.Equal(0, await reading);
    }

    [Theory]
    [InlineData(ModbusFraming.Tcp, "00 01 00 00 00 06 01 03 00 00 00 05")]
    [InlineData(ModbusFraming.Rtu, "01 03 00 00 00 05 85 C9")]
    public async Task A_client_that_takes_no_answers_is_left(ModbusFraming framing, string request)
    {
        await using var far = Connect(framing, new() { IdleTimeout = TimeSpan.FromDays(1), WriteTimeout = TimeSpan.FromSeconds(10) });
        var sending = SendForeverAsync();
        await _time.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => _serving[0].IsCompleted);

        await Assert.ThrowsAsync<IOException>(() => sending);

        async Task SendForeverAsync()
        {
            while (true)
            {
                await far.WriteAsync(Vectors.Bytes(request));
            }
        }
    }

    private async Task<ModbusResult> ReadAsync(ModbusClient client, byte unit)
    {
        var reading = client.ReadRegistersAsync(new(unit), ModbusTable.HoldingRegisters, 0, new ushort[4]).AsTask();
        await _time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(20), () => reading.IsCompleted, DoBothWaitForTime);
        return await reading;
    }

    // Time that passed while one of them was at work would run out before an answer that is under way.
    private bool DoBothWaitForTime() => _ends.Server.IsWaiting && _ends.Client.IsWaiting && _time.ArmedTimers >= 2;

    private DuplexStream Connect(ModbusFraming framing, ModbusServerOptions options)
    {
        var memory = new ModbusMemory();
        memory.SetRegisters(ModbusTable.HoldingRegisters, 0, 1, 2, 3, 4);
        _ends = DuplexStream.Create();
        var server = new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = memory, [2] = memory }, options, _time);
        _serving.Add(server.ServeAsync(_ends.Server, framing, _stop.Token));
        return _ends.Client;
    }
}
