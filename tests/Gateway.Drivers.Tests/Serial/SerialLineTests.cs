using Gateway.Drivers.Serial;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>The port of a bus: however it ends, it is opened again.</summary>
public sealed class SerialLineTests : ILineListener, IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<string> _told = [];
    private readonly SerialLine _line;
    private Func<CancellationToken, Task<int>> _read = Silence;
    private Func<CancellationToken, Task> _write = _ => Task.CompletedTask;

    public SerialLineTests() => _line = new SerialLine(
        "line", 9600, _ => ValueTask.FromResult<Stream>(new Port(_read, _write)), this, _clock, NullLogger.Instance);

    public async ValueTask DisposeAsync() => await _line.DisposeAsync();

    public static TheoryData<Exception> Ends => new(
        new IOException("pulled"), new ObjectDisposedException("port"), new InvalidOperationException("The port is closed."), new OperationCanceledException(), new UnauthorizedAccessException());

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_port_that_ends_is_opened_again_however_it_ends(Exception end)
    {
        var ending = new TaskCompletionSource<int>();
        _read = _ => ending.Task;
        _line.Start();
        _read = Silence;
        ending.SetException(end);
        await Eventually.TrueAsync(() => _line.Fault == "disconnected");
        await Eventually.TrueAsync(() => _clock.ArmedTimers == 1);
        _clock.Advance(SerialLine.RetryDelay);
        await Eventually.TrueAsync(() => _line.Fault is null);
        Assert.Equal(["opened", "disconnected", "opened"], _told);
        Assert.Null(await _line.WriteAsync(new byte[1], CancellationToken.None));
    }

    [Fact]
    public async Task A_port_that_does_not_take_what_is_sent_is_given_up_and_opened_again()
    {
        _write = Silence;
        _line.Start();
        var writing = _line.WriteAsync(new byte[3904], CancellationToken.None).AsTask(); // 10 s on the line, with as much as the kernel may hold before it
        _clock.Advance(SerialLine.WriteMargin + TimeSpan.FromSeconds(9));
        Assert.False(writing.IsCompleted);
        _write = _ => Task.CompletedTask;
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("port-hung", await writing.WaitAsync(TimeSpan.FromSeconds(30)));
        await Eventually.TrueAsync(() => _line.Fault == "port-hung");

        await Eventually.TrueAsync(() => _clock.ArmedTimers == 1);
        _clock.Advance(SerialLine.RetryDelay);
        await Eventually.TrueAsync(() => _line.Fault is null);
        Assert.Equal(["opened", "port-hung", "opened"], _told);
        Assert.Null(await _line.WriteAsync(new byte[1], CancellationToken.None));
    }

    [Fact]
    public async Task A_write_that_its_caller_ends_leaves_the_port_open()
    {
        _write = Silence;
        _line.Start();
        using var caller = new CancellationTokenSource();
        var writing = _line.WriteAsync(new byte[1], caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Null(_line.Fault);
    }

    void ILineListener.OnOpened() => _told.Add("opened");

    void ILineListener.OnReceived(ReadOnlySpan<byte> bytes)
    {
    }

    void ILineListener.OnFault(string reason) => _told.Add(reason);

    private static async Task<int> Silence(CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        return await never.Task.WaitAsync(cancellationToken);
    }

    private sealed class Port(Func<CancellationToken, Task<int>> read, Func<CancellationToken, Task> write) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await write(cancellationToken);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => await read(cancellationToken);
    }
}
