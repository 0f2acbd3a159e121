using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Client;

/// <summary>The client on an RTU line whose other end the test plays. The frames' checksums are pymodbus's.</summary>
public sealed class RtuClientTests : IAsyncLifetime
{
    private static readonly byte[] Request = Vectors.Bytes("01 03 00 00 00 01 84 0A");
    private static readonly byte[] Answer7 = Vectors.Bytes("01 03 02 00 07 F9 86");
    private static readonly byte[] Answer8 = Vectors.Bytes("01 03 02 00 08 B9 82");

    private readonly ManualTimeProvider _time = new();
    private readonly DuplexStream _far;
    private readonly ModbusClient _client;
    private readonly ushort[] _register = new ushort[1];

    public RtuClientTests()
    {
        (var near, _far) = DuplexStream.Create();
        _client = new(_ => new(near), new() { Framing = ModbusFraming.Rtu }, _time);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _far.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_byte_by_byte_is_taken() => await AssertAnsweredAsync([.. Answer7.Select(b => new[] { b })]);

    [Fact]
    public async Task An_answer_split_at_any_place_is_taken()
    {
        for (var i = 1; i <= Answer7.Length; i++)
            await AssertAnsweredAsync(Answer7[..i], Answer7[i..]);
    }

    [Fact]
    public async Task Noise_before_the_answer_is_skipped() => await AssertAnsweredAsync([0x00, 0xFF, 0x01, 0x03, 0x01, .. Answer7]);

    [Fact]
    public async Task Frames_of_others_are_skipped() =>
        await AssertAnsweredAsync(Vectors.Bytes("02 03 02 00 07 BD 86"), Vectors.Bytes("01 04 02 00 07 F8 F2"), Answer7);

    [Fact]
    public async Task The_devices_exception_is_a_value()
    {
        var reading = ReadAsync();
        await ExpectRequestAsync();
        await _far.WriteAsync(Vectors.Bytes("01 83 02 C0 F1"));

        Assert.Equal(new(ModbusStatus.Exception, ExceptionCode.IllegalDataAddress), await reading);
    }

    [Fact]
    public async Task Silence_is_a_timeout_after_a_second()
    {
        var reading = ReadAsync();
        await ExpectRequestAsync();
        await _time.AdvanceWhenArmedAsync(TimeSpan.FromMilliseconds(999));
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ModbusStatus.Timeout, (await reading).Status);
    }

    [Fact]
    public async Task A_device_may_have_its_own_timeout()
    {
        var reading = _client.ReadRegistersAsync(new(1, TimeSpan.FromSeconds(3)), ModbusTable.HoldingRegisters, 0, _register).AsTask();
        await ExpectRequestAsync();
        await _time.AdvanceWhenArmedAsync(TimeSpan.FromSeconds(2.9));
        await _far.WriteAsync(Answer7);

        Assert.True((await reading).IsSuccess);
    }

    [Fact]
    public async Task A_late_answer_is_not_taken_for_the_next_requests()
    {
        await TimeOutAsync();

        var second = ReadAsync();
        await Eventually.TrueAsync(() => _time.ArmedTimers > 0);
        await _far.WriteAsync(Answer7);
        await ExpectRequestLaterAsync();
        await _far.WriteAsync(Answer8);

        Assert.True((await second).IsSuccess);
        Assert.Equal(8, _register[0]);
    }

    [Fact]
    public async Task A_late_answer_that_never_comes_holds_the_next_request_up_for_its_window()
    {
        await TimeOutAsync();
        var began = _time.GetUtcNow();

        var second = ReadAsync();
        await ExpectRequestLaterAsync();
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.5));
        await _far.WriteAsync(Answer8);

        Assert.True((await second).IsSuccess);
    }

    [Fact]
    public async Task Another_unit_is_not_held_up_by_a_timeout()
    {
        await TimeOutAsync();
        var began = _time.GetUtcNow();

        var other = _client.ReadRegistersAsync(new(2), ModbusTable.HoldingRegisters, 0, _register).AsTask();
        Assert.Equal(Vectors.Bytes("02 03 00 00 00 01 84 39"), await _far.ReceiveAsync(8));
        Assert.Equal(began, _time.GetUtcNow());
        await _far.WriteAsync(Answer7.Concat(Vectors.Bytes("02 03 02 00 09 3C 42")).ToArray());

        Assert.True((await other).IsSuccess);
        Assert.Equal(9, _register[0]);
    }

    [Fact]
    public async Task A_wrong_checksum_is_reported_when_the_line_is_silent()
    {
        for (var i = 0; i < Answer7.Length; i++)
        {
            var broken = Answer7.ToArray();
            broken[i] ^= 0x10;
            var reading = ReadAsync();
            await ExpectRequestLaterAsync();
            await _far.WriteAsync(broken);
            await _time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(10), () => reading.IsCompleted);

            Assert.Equal(ModbusStatus.ChecksumError, (await reading).Status);
            Assert.Equal(0, _register[0]);
        }
    }

    [Fact]
    public async Task A_babbling_line_does_not_hang_the_client()
    {
        var reading = ReadAsync();
        await ExpectRequestAsync();
        while (!reading.IsCompleted)
        {
            await _far.WriteAsync(new byte[] { 0x55, 0x55, 0x55 });
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            _time.Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(ModbusStatus.ChecksumError, (await reading).Status);
    }

    [Fact]
    public async Task A_cancelled_requests_answer_is_late_too()
    {
        using var cancellation = new CancellationTokenSource();
        var first = _client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, _register, cancellation.Token).AsTask();
        await ExpectRequestAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        await _far.WriteAsync(Answer7);
        var second = ReadAsync();
        await ExpectRequestLaterAsync();
        await _far.WriteAsync(Answer8);

        Assert.True((await second).IsSuccess);
        Assert.Equal(8, _register[0]);
    }

    [Fact]
    public async Task A_broadcast_waits_for_no_answer()
    {
        var writing = _client.WriteCoilAsync(new(0), 0xAC, true).AsTask();
        Assert.Equal(Vectors.Bytes("00 05 00 AC FF 00 4D CA"), await _far.ReceiveAsync(8));
        await _time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => writing.IsCompleted);

        Assert.True((await writing).IsSuccess);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _client.ReadRegistersAsync(new(0), ModbusTable.HoldingRegisters, 0, _register).AsTask());
    }

    [Fact]
    public async Task Two_requests_at_once_are_an_error()
    {
        var reading = ReadAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(ReadAsync);
        await ExpectRequestAsync();
        await _far.WriteAsync(Answer7);

        Assert.True((await reading).IsSuccess);
    }

    [Fact]
    public async Task Frames_are_kept_apart_by_the_lines_silence()
    {
        var (near, far) = DuplexStream.Create();
        var timing = new RtuTiming(9600, 8, true, 1);
        await using var client = new ModbusClient(_ => new(near), new() { Framing = ModbusFraming.Rtu, Timing = timing }, _time);
        var reading = client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, _register).AsTask();
        var began = _time.GetUtcNow();

        var arriving = far.ReceiveAsync(Request.Length);
        await _time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(0.5), () => arriving.IsCompleted);
        Assert.InRange(_time.GetUtcNow() - began, timing.InterFrameDelay, timing.InterFrameDelay + TimeSpan.FromMilliseconds(20));
        await far.WriteAsync(Answer7);

        Assert.True((await reading).IsSuccess);
        await far.DisposeAsync();
    }

    private Task<ModbusResult> ReadAsync() =>
        _client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, _register).AsTask();

    private async Task ExpectRequestAsync() => Assert.Equal(Request, await _far.ReceiveAsync(Request.Length));

    private async Task ExpectRequestLaterAsync()
    {
        var arriving = _far.ReceiveAsync(Request.Length);
        await _time.AdvanceUntilAsync(TimeSpan.FromMilliseconds(10), () => arriving.IsCompleted);
        Assert.Equal(Request, await arriving);
    }

    private async Task TimeOutAsync()
    {
        var first = ReadAsync();
        await ExpectRequestAsync();
        await _time.AdvanceWhenArmedAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(ModbusStatus.Timeout, (await first).Status);
    }

    private async Task AssertAnsweredAsync(params byte[][] portions)
    {
        _register[0] = 0;
        var reading = ReadAsync();
        await ExpectRequestAsync();
        foreach (var portion in portions)
            await _far.WriteAsync(portion);

        Assert.True((await reading.WaitAsync(TimeSpan.FromSeconds(10))).IsSuccess);
        Assert.Equal(7, _register[0]);
    }
}
