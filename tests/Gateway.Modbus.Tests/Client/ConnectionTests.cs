using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Client;

/// <summary>Several requests under way, and when a connection is opened and closed.</summary>
public sealed class ConnectionTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<DuplexStream> _farEnds = [];

    [Fact]
    public async Task Answers_in_any_order_find_their_requests()
    {
        await using var client = Connect(new() { MaxInFlight = 3 });
        var registers = new ushort[3][];
        var reading = new List<Task<ModbusResult>>();
        var ids = new List<byte[]>();
        for (var i = 0; i < 3; i++)
        {
            registers[i] = new ushort[1];
            reading.Add(ReadAsync(client, (ushort)i, registers[i]));
            ids.Add((await _farEnds[0].ReceiveAsync(12))[..2]);
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(client, 3, new ushort[1]));
        foreach (var i in new[] { 2, 0, 1 })
            await _farEnds[0].WriteAsync((byte[])[.. ids[i], 0, 0, 0, 5, 1, 3, 2, 0, (byte)(10 + i)]);

        Assert.All(await Task.WhenAll(reading), result => Assert.True(result.IsSuccess));
        Assert.Equal([10, 11, 12], registers.Select(register => (int)register[0]));
    }

    [Fact]
    public async Task One_request_may_be_lost_and_the_others_are_answered()
    {
        await using var client = Connect(new() { MaxInFlight = 2 });
        var lost = ReadAsync(client, 0, new ushort[1]);
        await _farEnds[0].ReceiveAsync(12);
        var other = ReadAsync(client, 1, new ushort[1]);
        var id = (await _farEnds[0].ReceiveAsync(12))[..2];
        await _farEnds[0].WriteAsync((byte[])[.. id, 0, 0, 0, 5, 1, 3, 2, 0, 1]);
        Assert.True((await other).IsSuccess);

        await _time.AdvanceWhenArmedAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(ModbusStatus.Timeout, (await lost).Status);
    }

    [Fact]
    public async Task An_idle_connection_is_closed_and_opened_again()
    {
        await using var client = Connect(new() { CloseAfter = TimeSpan.FromSeconds(5) });
        await AnswerAsync(client);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.True(client.IsConnected);
        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal(0, await _farEnds[0].ReadAsync(new byte[1]));
        Assert.False(client.IsConnected);
        await AnswerAsync(client);
        Assert.Equal(2, _farEnds.Count);
    }

    [Fact]
    public async Task A_line_that_does_not_open_is_left_alone_for_a_while()
    {
        var attempts = 0;
        await using var client = new ModbusClient(
            _ =>
            {
                attempts++;
                throw new IOException("No.");
            },
            new() { ReconnectDelay = TimeSpan.FromSeconds(1) },
            _time);

        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<ModbusTransportException>(() => ReadAsync(client, 0, new ushort[1]));
        Assert.Equal(1, attempts);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<ModbusTransportException>(() => ReadAsync(client, 0, new ushort[1]));
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_new_connection_may_have_its_rest()
    {
        await using var client = Connect(new() { PauseAfterConnect = TimeSpan.FromSeconds(2) });
        var began = _time.GetUtcNow();
        var reading = ReadAsync(client, 0, new ushort[1]);
        await Eventually.TrueAsync(() => client.IsConnected);
        var arriving = _farEnds[0].ReceiveAsync(12);
        await _time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => arriving.IsCompleted);

        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.9));
        await _farEnds[0].WriteAsync((byte[])[.. (await arriving)[..2], 0, 0, 0, 5, 1, 3, 2, 0, 1]);
        Assert.True((await reading).IsSuccess);
    }

    [Fact]
    public void Serial_framings_have_one_request_under_way() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(new() { Framing = ModbusFraming.Rtu, MaxInFlight = 2 }));

    private static Task<ModbusResult> ReadAsync(ModbusClient client, ushort address, ushort[] register) =>
        client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, address, register).AsTask();

    private async Task AnswerAsync(ModbusClient client)
    {
        var reading = ReadAsync(client, 0, new ushort[1]);
        await Eventually.TrueAsync(() => client.IsConnected);
        var id = (await _farEnds[^1].ReceiveAsync(12))[..2];
        await _farEnds[^1].WriteAsync((byte[])[.. id, 0, 0, 0, 5, 1, 3, 2, 0, 1]);
        Assert.True((await reading).IsSuccess);
    }

    private ModbusClient Connect(ModbusClientOptions options) => new(
        _ =>
        {
            var (near, far) = DuplexStream.Create();
            _farEnds.Add(far);
            return new(near);
        },
        options,
        _time);
}
