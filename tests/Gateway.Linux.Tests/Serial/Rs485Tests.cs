using System.Runtime.InteropServices;
using Gateway.Linux.Interop;
using Gateway.Linux.Serial;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Serial;

public sealed class Rs485Tests
{
    private readonly List<string> _steps = [];
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void The_kernel_is_told_in_the_form_of_its_headers()
    {
        Assert.Equal(32, Marshal.SizeOf<serial_rs485>());
        var high = Rs485Line.Describe(new() { Path = "/dev/ttyS0", Rs485 = Rs485Mode.Kernel, RtsBefore = TimeSpan.FromMilliseconds(1), RtsAfter = TimeSpan.FromMilliseconds(2) });
        var low = Rs485Line.Describe(new() { Path = "/dev/ttyS0", Rs485 = Rs485Mode.Kernel, IsRtsActiveLow = true });

        // SER_RS485_ENABLED with SER_RS485_RTS_ON_SEND, or with SER_RS485_RTS_AFTER_SEND.
        Assert.Equal((3u, 1u, 2u), (high.flags, high.delay_rts_before_send, high.delay_rts_after_send));
        Assert.Equal((5u, 0u, 0u), (low.flags, low.delay_rts_before_send, low.delay_rts_after_send));
    }

    [Fact]
    public async Task A_port_whose_driver_cannot_says_what_to_do()
    {
        await using var far = PseudoTerminal.Open();
        var kernel = Assert.Throws<LinuxException>(() => SerialPort.Open(new() { Path = far.SlavePath, Rs485 = Rs485Mode.Kernel }));
        var rts = Assert.Throws<LinuxException>(() => SerialPort.Open(new() { Path = far.SlavePath, Rs485 = Rs485Mode.Rts }));

        Assert.Equal(
            $"The driver of {far.SlavePath} does not switch RS-485; write 'rs485: rts', or leave it out for an adapter that switches by itself. (ENOTTY)", kernel.Message);
        Assert.StartsWith($"The port {far.SlavePath} has no RTS line to switch RS-485 by; leave out 'rs485'. (E", rts.Message, StringComparison.Ordinal);
        await using var port = SerialPort.Open(new() { Path = far.SlavePath });
    }

    [Fact]
    public async Task RTS_frames_the_write_and_the_last_bit()
    {
        await Create(TimeSpan.Zero, TimeSpan.Zero).SendAsync(Write, CancellationToken.None);

        Assert.Equal(["send", "write", "drain", "receive"], _steps);
    }

    [Fact]
    public async Task RTS_waits_before_and_after()
    {
        var sending = Create(TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(5)).SendAsync(Write, CancellationToken.None).AsTask();
        Assert.Equal(["send"], _steps);
        _clock.Advance(TimeSpan.FromMilliseconds(3));
        await Eventually.TrueAsync(() => _clock.ArmedTimers == 1);
        Assert.Equal(["send", "write", "drain"], _steps);
        _clock.Advance(TimeSpan.FromMilliseconds(5));
        await sending.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(["send", "write", "drain", "receive"], _steps);
    }

    [Fact]
    public async Task The_line_is_given_back_when_the_write_fails()
    {
        await Assert.ThrowsAsync<IOException>(() =>
            Create(TimeSpan.Zero, TimeSpan.Zero).SendAsync(_ => throw new IOException("gone"), CancellationToken.None).AsTask());

        Assert.Equal(["send", "receive"], _steps);
    }

    [Fact]
    public async Task An_adapter_that_never_sends_the_last_bit_holds_nobody()
    {
        using var forever = new ManualResetEventSlim();
        using var patience = new CancellationTokenSource();
        var turnaround = new RtsTurnaround(
            new() { Path = "/dev/ttyS0", Rs485 = Rs485Mode.Rts }, isSending => _steps.Add(isSending ? "send" : "receive"), forever.Wait, _clock);
        var sending = turnaround.SendAsync(Write, patience.Token).AsTask();
        Assert.False(sending.IsCompleted);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(["send", "write", "receive"], _steps);
        forever.Set();
    }

    private ValueTask Write(CancellationToken cancellationToken)
    {
        _steps.Add("write");
        return ValueTask.CompletedTask;
    }

    private RtsTurnaround Create(TimeSpan before, TimeSpan after) => new(
        new() { Path = "/dev/ttyS0", Rs485 = Rs485Mode.Rts, RtsBefore = before, RtsAfter = after },
        isSending => _steps.Add(isSending ? "send" : "receive"),
        () => _steps.Add("drain"),
        _clock);
}
