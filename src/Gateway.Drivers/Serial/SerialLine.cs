using Gateway.Linux;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Serial;

/// <summary>Takes what comes over a line. Calls come one at a time; they neither block nor throw.</summary>
internal interface ILineListener
{
    /// <summary>The port is open.</summary>
    void OnOpened();

    /// <summary>Bytes came; they are the line's, and valid during the call.</summary>
    void OnReceived(ReadOnlySpan<byte> bytes);

    /// <summary>The port is gone or does not open. Told once per fault.</summary>
    void OnFault(string reason);
}

/// <summary>
/// The port of one bus: opened at the first use, read from all the time, opened again after a fault, at the latest
/// <see cref="RetryDelay"/> after it is there again.
/// </summary>
/// <param name="bus">The bus, as the log names it.</param>
/// <param name="baudRate">How fast bytes go out, bit/s.</param>
/// <param name="open">Opens the port.</param>
/// <param name="listener">Takes what comes.</param>
/// <param name="timeProvider">The clock of the retries.</param>
/// <param name="logger">Is told of changes, not of attempts.</param>
internal sealed class SerialLine(string bus, int baudRate, Func<CancellationToken, ValueTask<Stream>> open, ILineListener listener, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    /// <summary>The wait between two attempts to open the port.</summary>
    internal static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long a write may take beside its time on the line and that of what waits in the kernel: an adapter that hangs takes for ever.</summary>
    internal static readonly TimeSpan WriteMargin = TimeSpan.FromSeconds(5);

    private const int BitsPerByte = 12; // at most: start, eight of data, parity, two of stop
    private const int KernelBytes = 4096; // what the kernel takes ahead of the line

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[1024];
    private Task? _loop;
    private volatile Stream? _port;
    private volatile CancellationTokenSource? _serving; // of the port: cancelled when it is given up
    private volatile string? _fault;
    private string? _told; // the fault that the listener knows of
    private string? _message;

    /// <summary>Why the port does not serve; null if it does, or was not used yet.</summary>
    public string? Fault => _fault;

    /// <summary>Opens the port, if nobody has yet. When this returns, it is open or there is a <see cref="Fault"/>.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _loop ??= RunAsync();
        }
    }

    /// <summary>Writes. A port that does not take the bytes is given up, and opened again.</summary>
    /// <returns>Null, or why the port does not serve.</returns>
    public async ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_port is not { } port || _serving is not { } serving)
        {
            return _fault ?? PortReasons.Disconnected;
        }

        using var patience = new CancellationTokenSource(WriteMargin + TimeSpan.FromSeconds((double)BitsPerByte * (KernelBytes + bytes.Length) / baudRate), timeProvider);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await port.WriteAsync(bytes, ending.Token);
            return null;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await serving.CancelAsync();
            return PortReasons.Hung;
        }
        catch (Exception exception) when (exception is not OperationCanceledException && IsClosed(exception))
        {
            return _fault ?? PortReasons.Disconnected; // the loop finds out
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is { } loop)
        {
            await loop;
        }

        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var serving = new CancellationTokenSource(); // not disposed: a write may be about to cancel it
            await using var stop = _stopping.Token.Register(serving.Cancel);
            try
            {
                await using var port = await open(_stopping.Token);
                OnOpened(port, serving);
                while (true)
                {
                    var count = await port.ReadAsync(_buffer, serving.Token);
                    if (count == 0)
                    {
                        throw new EndOfStreamException("The line has ended.");
                    }

                    listener.OnReceived(_buffer.AsSpan(0, count));
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException) when (serving.IsCancellationRequested)
            {
                OnFault(PortReasons.Hung, "the port does not take what is sent; pull its adapter and plug it in again");
            }
            catch (Exception exception) when (IsClosed(exception))
            {
                OnFault(exception is LinuxException fault ? PortReasons.Of(fault) : PortReasons.Disconnected, exception.Message);
            }

            await Task.Delay(RetryDelay, timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void OnOpened(Stream port, CancellationTokenSource serving)
    {
        _serving = serving;
        _port = port;
        _fault = _told = null;
        listener.OnOpened();
        if (_message is not null)
        {
            _message = null;
            Log.LineWorks(logger, bus);
        }
    }

    // What streams throw that were closed, by somebody else or as their adapter was pulled: each transport has its own way.
    private static bool IsClosed(Exception exception) =>
        exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or UnauthorizedAccessException;

    // The reason that is published is one word; what to do about it stands in the log, once and not per attempt.
    private void OnFault(string reason, string message)
    {
        _port = null;
        _fault = reason;
        if (_told != reason)
        {
            _told = reason;
            listener.OnFault(reason);
        }

        if (_message != message)
        {
            _message = message;
            Log.LineFailed(logger, bus, message);
        }
    }
}
