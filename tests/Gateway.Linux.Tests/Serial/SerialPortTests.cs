using Gateway.Linux.Interop;
using Gateway.Linux.Serial;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Serial;

/// <summary>Serial ports on pseudo-terminals: ours and socat's.</summary>
public sealed class SerialPortTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Every_byte_value_passes_both_ways()
    {
        await using var far = PseudoTerminal.Open();
        await using var port = SerialPort.Open(new() { Path = far.SlavePath });
        var all = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();

        await port.WriteAsync(all);
        Assert.Equal(all, await ReceiveAsync(far, 256));
        await far.WriteAsync(all);
        Assert.Equal(all, await ReceiveAsync(port, 256));
    }

    [Fact]
    public async Task A_read_waits_for_bytes()
    {
        await using var far = PseudoTerminal.Open();
        await using var port = SerialPort.Open(new() { Path = far.SlavePath });
        var buffer = new byte[10];
        for (byte i = 0; i < 50; i++)
        {
            var reading = port.ReadAsync(buffer);
            Assert.False(reading.IsCompleted);
            await far.WriteAsync(new[] { i });

            Assert.Equal(1, await reading.AsTask().WaitAsync(Deadline));
            Assert.Equal(i, buffer[0]);
        }
    }

    [Fact]
    public async Task More_than_the_kernels_buffer_is_written_when_the_other_side_reads()
    {
        await using var far = PseudoTerminal.Open();
        await using var port = SerialPort.Open(new() { Path = far.SlavePath });
        var much = new byte[100_000];
        Random.Shared.NextBytes(much);

        var writing = port.WriteAsync(much).AsTask();
        Assert.False(writing.IsCompleted);
        Assert.Equal(much, await ReceiveAsync(far, much.Length));
        await writing.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_cancelled_read_loses_nothing()
    {
        await using var far = PseudoTerminal.Open();
        await using var port = SerialPort.Open(new() { Path = far.SlavePath });
        for (byte i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var reading = port.ReadAsync(new byte[1], cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Deadline));

            await far.WriteAsync(new[] { i });
            Assert.Equal([i], await ReceiveAsync(port, 1));
        }
    }

    [Fact]
    public async Task A_port_has_one_owner()
    {
        await using var far = PseudoTerminal.Open();
        await using (SerialPort.Open(new() { Path = far.SlavePath }))
        {
            var e = Assert.Throws<LinuxException>(() => SerialPort.Open(new() { Path = far.SlavePath }));
            Assert.Equal(Errno.EBUSY, e.Errno);
            Assert.StartsWith($"The port {far.SlavePath} is in use by ", e.Message, StringComparison.Ordinal);
        }

        await using var again = SerialPort.Open(new() { Path = far.SlavePath });
    }

    [Fact]
    public async Task The_owner_of_a_port_is_named()
    {
        await using var far = PseudoTerminal.Open();
        await using var owner = PeerProcess.Start("flock", [far.SlavePath, "sleep", "60"]);
        LinuxException? error = null;
        await Eventually.TrueAsync(() =>
        {
            try
            {
                SerialPort.Open(new() { Path = far.SlavePath }).Dispose();
                return false;
            }
            catch (LinuxException e)
            {
                error = e;
                return true;
            }
        });

        Assert.Contains("(process ", error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(250_000, 8, SerialParity.None, 1)]
    [InlineData(12_345, 8, SerialParity.None, 2)]
    [InlineData(1200, 7, SerialParity.Even, 1)]
    [InlineData(19200, 8, SerialParity.Even, 1)]
    [InlineData(19200, 8, SerialParity.Odd, 1)]
    [InlineData(19200, 8, SerialParity.Mark, 1)]
    [InlineData(19200, 8, SerialParity.Space, 1)]
    public async Task Any_setting_is_taken_on_a_pty(int baudRate, int dataBits, SerialParity parity, int stopBits)
    {
        await using var far = PseudoTerminal.Open();
        await using var port = SerialPort.Open(
            new() { Path = far.SlavePath, BaudRate = baudRate, DataBits = dataBits, Parity = parity, StopBits = stopBits });
        await port.WriteAsync("x"u8.ToArray());

        Assert.Equal("x"u8.ToArray(), await ReceiveAsync(far, 1));
    }

    [Fact]
    public async Task The_rate_asked_for_is_the_rate_set()
    {
        await using var far = PseudoTerminal.Open();
        await using var port = SerialPort.Open(new() { Path = far.SlavePath, BaudRate = 12_345 });
        var line = default(termios2);

        Assert.Equal(0, Libc.ioctl(port.Descriptor, Termios.TCGETS2, ref line));
        Assert.Equal((12_345u, 12_345u), (line.c_ispeed, line.c_ospeed));
    }

    [PeerFact(Peer.Socat)]
    public async Task A_pulled_cable_is_noticed_by_a_waiting_read_and_by_the_next_write()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var port = SerialPort.Open(new() { Path = cable.PathA });
        var reading = port.ReadAsync(new byte[1]).AsTask();
        await cable.UnplugAsync();

        var e = await Assert.ThrowsAsync<LinuxException>(() => reading.WaitAsync(Deadline));
        Assert.Equal($"The port {cable.PathA} has vanished; is the adapter still plugged in? (EIO)", e.Message);
        await Assert.ThrowsAsync<LinuxException>(() => port.WriteAsync(new byte[1]).AsTask().WaitAsync(Deadline));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => SerialPort.Open(new() { Path = cable.PathA })).Errno);
    }

    [PeerFact(Peer.Socat)]
    public async Task Bytes_pass_a_cable()
    {
        await using var cable = await PtyPair.CreateAsync();
        await using var a = SerialPort.Open(new() { Path = cable.PathA, BaudRate = 115200, Parity = SerialParity.Even });
        await using var b = SerialPort.Open(new() { Path = cable.PathB, BaudRate = 115200, Parity = SerialParity.Even });

        await a.WriteAsync("ping\r\n"u8.ToArray());
        Assert.Equal("ping\r\n"u8.ToArray(), await ReceiveAsync(b, 6));
    }

    [Fact]
    public async Task Closing_ends_a_waiting_read()
    {
        await using var far = PseudoTerminal.Open();
        var port = SerialPort.Open(new() { Path = far.SlavePath });
        var reading = port.ReadAsync(new byte[1]).AsTask();
        await port.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Deadline));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => port.ReadAsync(new byte[1]).AsTask());
        await port.DisposeAsync();
    }

    [Fact]
    public async Task Old_input_is_discarded()
    {
        await using var far = PseudoTerminal.Open();
        await using var port = SerialPort.Open(new() { Path = far.SlavePath });
        await far.WriteAsync("old"u8.ToArray());
        port.DiscardInput();
        await far.WriteAsync("new"u8.ToArray());

        Assert.Equal("new"u8.ToArray(), await ReceiveAsync(port, 3));
    }

    [Fact]
    public void A_port_that_is_not_there_is_an_error_that_tells_which_are()
    {
        var e = Assert.Throws<LinuxException>(() => SerialPort.Open(new() { Path = "/dev/ttyNotThere" }));

        Assert.Matches(@"^There is no port /dev/ttyNotThere; (there are .+|no serial port is there at all)\. \(ENOENT\)$", e.Message);
        Assert.Equal("ENOENT", e.ErrnoName);
    }

    [Fact]
    public void What_is_no_serial_port_is_refused()
    {
        var e = Assert.Throws<LinuxException>(() => SerialPort.Open(new() { Path = "/dev/null" }));

        Assert.Equal("/dev/null is not a serial port. (ENOTTY)", e.Message);
    }

    [Theory]
    [InlineData(0, 8, 1)]
    [InlineData(9600, 9, 1)]
    [InlineData(9600, 8, 3)]
    public void A_setting_that_no_port_has_is_refused(int baudRate, int dataBits, int stopBits) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => SerialPort.Open(new() { Path = "/dev/null", BaudRate = baudRate, DataBits = dataBits, StopBits = stopBits }));

    private static async Task<byte[]> ReceiveAsync(Stream stream, int count)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, deadline.Token);
        return bytes;
    }
}
