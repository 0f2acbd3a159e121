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
/// <param name="open">Opens the port.</param>
/// <param name="listener">Takes what comes.</param>
/// <param name="timeProvider">The clock of the retries.</param>
/// <param name="logger">Is told of changes, not of attempts.</param>
internal sealed class SerialLine(string bus, Func<CancellationToken, ValueTask<Stream>> open, ILineListener listener, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    /// <summary>The wait between two attempts to open the port.</summary>
    internal static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[1024];
    private Task? _loop;
    private volatile Stream? _port;
    private volatile string? _fault;
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

    /// <summary>Writes. False if the port does not serve; the loop finds out why.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_port is not { } port)
        {
            return false;
        }

        try
        {
            await port.WriteAsync(bytes, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return false;
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
            try
            {
                await using var port = await open(_stopping.Token);
                OnOpened(port);
                while (true)
                {
                    var count = await port.ReadAsync(_buffer, _stopping.Token);
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
            catch (IOException exception)
            {
                OnFault(exception);
            }

            await Task.Delay(RetryDelay, timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void OnOpened(Stream port)
    {
        _port = port;
        _fault = null;
        listener.OnOpened();
        if (_message is not null)
        {
            _message = null;
            Log.LineWorks(logger, bus);
        }
    }

    // The reason that is published is one word; what to do about it stands in the log, once and not per attempt.
    private void OnFault(IOException exception)
    {
        _port = null;
        var reason = exception is LinuxException fault ? PortReasons.Of(fault) : PortReasons.Disconnected;
        if (_fault != reason)
        {
            _fault = reason;
            listener.OnFault(reason);
        }

        if (_message != exception.Message)
        {
            _message = exception.Message;
            Log.LineFailed(logger, bus, exception.Message);
        }
    }
}
