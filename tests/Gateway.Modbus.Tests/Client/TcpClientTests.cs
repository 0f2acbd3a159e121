using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Client;

/// <summary>The client on a Modbus TCP connection whose other end the test plays.</summary>
public sealed class TcpClientTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<DuplexStream> _farEnds = [];
    private readonly ModbusClient _client;
    private readonly ushort[] _register = new ushort[1];

    public TcpClientTests()
    {
        _client = new(
            _ =>
            {
                var (near, far) = DuplexStream.Create();
                _farEnds.Add(far);
                return new(near);
            },
            new(),
            _time);
    }

    private DuplexStream Far => _farEnds[^1];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        foreach (var far in _farEnds)
            await far.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_split_at_any_place_is_taken()
    {
        for (var i = 0; i < 11; i++)
        {
            var reading = ReadAsync();
            var answer = Answer(await ReceiveRequestAsync(), 7);
            await Far.WriteAsync(answer.AsMemory(0, i));
            await Far.WriteAsync(answer.AsMemory(i));

            Assert.True((await reading.WaitAsync(TimeSpan.FromSeconds(10))).IsSuccess);
            Assert.Equal(7, _register[0]);
        }
    }

    [Fact]
    public async Task A_late_answer_is_passed_over_without_delay()
    {
        var first = ReadAsync();
        var firstId = await ReceiveRequestAsync();
        await _time.AdvanceWhenArmedAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(ModbusStatus.Timeout, (await first).Status);

        var second = ReadAsync();
        var secondId = await ReceiveRequestAsync();
        await Far.WriteAsync(Answer(firstId, 7));
        await Far.WriteAsync(Answer(secondId, 8));

        Assert.True((await second.WaitAsync(TimeSpan.FromSeconds(10))).IsSuccess);
        Assert.Equal(8, _register[0]);
    }

    [Fact]
    public async Task An_answer_of_another_length_or_unit_is_unexpected()
    {
        foreach (var wrong in new[] { "00 00 00 07 01 03 04 00 07 00 08", "00 00 00 05 02 03 02 00 07", "00 00 00 05 01 04 02 00 07" })
        {
            var reading = ReadAsync();
            var id = await ReceiveRequestAsync();
            await Far.WriteAsync(id.Concat(Vectors.Bytes(wrong)).ToArray());

            Assert.Equal(ModbusStatus.UnexpectedResponse, (await reading.WaitAsync(TimeSpan.FromSeconds(10))).Status);
        }
    }

    [Fact]
    public async Task The_devices_exception_is_a_value()
    {
        var reading = ReadAsync();
        var id = await ReceiveRequestAsync();
        await Far.WriteAsync(id.Concat(Vectors.Bytes("00 00 00 03 01 83 0B")).ToArray());

        Assert.Equal(new(ModbusStatus.Exception, ExceptionCode.GatewayTargetDeviceFailedToRespond), await reading);
    }

    [Fact]
    public async Task Garbage_breaks_the_connection_and_the_next_request_opens_another()
    {
        var reading = ReadAsync();
        await ReceiveRequestAsync();
        await Far.WriteAsync("HTTP/1.1 400 Bad Request\r\n"u8.ToArray());
        await Assert.ThrowsAsync<ModbusTransportException>(() => reading);

        await AssertAnsweredAsync();
        Assert.Equal(2, _farEnds.Count);
    }

    [Fact]
    public async Task A_connection_closed_while_idle_is_opened_anew()
    {
        await AssertAnsweredAsync();
        await Far.DisposeAsync();
        await Eventually.TrueAsync(() => !_client.IsConnected);

        await AssertAnsweredAsync();
        Assert.Equal(2, _farEnds.Count);
    }

    [Fact]
    public async Task A_connection_closed_within_a_request_is_a_broken_transport()
    {
        var reading = ReadAsync();
        await ReceiveRequestAsync();
        await Far.DisposeAsync();

        await Assert.ThrowsAsync<ModbusTransportException>(() => reading);
    }

    [Fact]
    public async Task A_connection_without_a_byte_for_three_requests_is_given_up()
    {
        for (var i = 0; i < 3; i++)
        {
            var reading = ReadAsync();
            await ReceiveRequestAsync();
            await _time.AdvanceWhenArmedAsync(TimeSpan.FromSeconds(1));
            Assert.Equal(ModbusStatus.Timeout, (await reading).Status);
        }

        await AssertAnsweredAsync();
        Assert.Equal(2, _farEnds.Count);
    }

    [Fact]
    public async Task A_line_that_does_not_open_is_a_broken_transport()
    {
        await using var refused = new ModbusClient(_ => throw new UnauthorizedAccessException("No."), new(), _time);
        await using var hanging = new ModbusClient(
            async token =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return Stream.Null;
            },
            new(),
            _time);

        await Assert.ThrowsAsync<ModbusTransportException>(() => refused.WriteRegisterAsync(new(1), 0, 0).AsTask());
        var opening = hanging.WriteRegisterAsync(new(1), 0, 0).AsTask();
        await _time.AdvanceWhenArmedAsync(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<ModbusTransportException>(() => opening);
    }

    [Fact]
    public async Task Closing_the_client_ends_a_request()
    {
        var reading = ReadAsync();
        await ReceiveRequestAsync();
        await _client.DisposeAsync();

        await Assert.ThrowsAsync<ModbusTransportException>(() => reading);
        await Assert.ThrowsAsync<ObjectDisposedException>(ReadAsync);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 126)]
    [InlineData(65535, 2)]
    public async Task A_range_that_cannot_be_asked_for_is_an_error(int address, int count) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _client.ReadRegistersAsync(new(1), ModbusTable.InputRegisters, (ushort)address, new ushort[count]).AsTask());

    private Task<ModbusResult> ReadAsync() =>
        _client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, _register).AsTask();

    // Answers the transaction id.
    private async Task<byte[]> ReceiveRequestAsync()
    {
        var frame = await Far.ReceiveAsync(12);
        Assert.Equal(Vectors.Bytes("00 00 00 06 01 03 00 00 00 01"), frame[2..]);
        return frame[..2];
    }

    private static byte[] Answer(byte[] transactionId, byte value) =>
        [.. transactionId, .. Vectors.Bytes("00 00 00 05 01 03 02 00"), value];

    private async Task AssertAnsweredAsync()
    {
        var reading = ReadAsync();
        await Eventually.TrueAsync(() => _client.IsConnected);
        await Far.WriteAsync(Answer(await ReceiveRequestAsync(), 7));
        Assert.True((await reading.WaitAsync(TimeSpan.FromSeconds(10))).IsSuccess);
    }
}
