using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Gateway.Modbus.Framing;

/// <summary>
/// A byte stream with a reader that never stops, so that waiting can end without a read being cancelled: what arrives
/// late is seen, and so is a peer that closes while nothing is asked. Received bytes wait in a buffer of fixed size;
/// when it is full and nobody takes, they are dropped: nothing that long was asked for. One caller at a time, who goes on
/// where the wait ended: where the stream was read, or the timer fired.
/// </summary>
internal sealed class ByteLine : IValueTaskSource<bool>, IAsyncDisposable
{
    /// <summary>
    /// A wait without end. Not the framework's value for it, -1 ms, which a time that was just missed may come to.
    /// </summary>
    public static readonly TimeSpan Forever = TimeSpan.MaxValue;

    private const int InboxSize = 1024;

    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _closing = new();
    private readonly byte[] _inbox = new byte[InboxSize];
    private readonly Task _reading;
    private CancellationTokenSource _writeTimeout;
    private ManualResetValueTaskSourceCore<bool> _waiter;
    private bool _isWaiting;
    private long _waitEnds;
    private CancellationTokenRegistration _registration;
    private int _inboxLength;
    private Exception? _fault;
    private long _lastActivity;

    /// <summary>Takes the stream over and begins to read.</summary>
    public ByteLine(Stream stream, TimeProvider time)
    {
        _stream = stream;
        _time = time;
        _timer = time.CreateTimer(static line => ((ByteLine)line!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _writeTimeout = new(Timeout.InfiniteTimeSpan, time);
        _lastActivity = time.GetTimestamp();
        _reading = ReadAsync();
    }

    /// <summary>When a byte was last sent or received; a timestamp of the clock.</summary>
    public long LastActivity
    {
        get
        {
            lock (_gate)
                return _lastActivity;
        }
    }

    /// <summary>Why the stream gives no more bytes; null while it does.</summary>
    public Exception? Fault
    {
        get
        {
            lock (_gate)
                return _fault;
        }
    }

    /// <summary>Gives the line up: from now on it is broken for this reason.</summary>
    public void Abandon(IOException reason) => SetFault(reason);

    /// <summary>Sends all bytes.</summary>
    /// <exception cref="IOException">The stream is broken, or did not accept the bytes within the time-out.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!_writeTimeout.TryReset())
        {
            _writeTimeout.Dispose();
            _writeTimeout = new(Timeout.InfiniteTimeSpan, _time);
        }

        await using var registration = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _writeTimeout);
        try
        {
            // A line that accepts at once, as it nearly always does, needs no timer.
            var writing = _stream.WriteAsync(bytes, _writeTimeout.Token);
            if (!writing.IsCompleted)
                _writeTimeout.CancelAfter(timeout);
            await writing;
            await _stream.FlushAsync(_writeTimeout.Token);
            lock (_gate)
                _lastActivity = _time.GetTimestamp();
        }
        catch (OperationCanceledException)
        {
            // A part may have gone out: the peer's view of the stream is unknown.
            var fault = new IOException("The line did not accept the bytes in time.");
            SetFault(fault);
            cancellationToken.ThrowIfCancellationRequested();
            throw fault;
        }
        finally
        {
            _writeTimeout.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Waits until bytes are there: true; or the time, which may be <see cref="Forever"/>, is over: false.</summary>
    /// <exception cref="IOException">The stream is broken or was closed by the peer.</exception>
    public ValueTask<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Before the wait begins, which may be over before this thread goes on.
        var registration = cancellationToken.UnsafeRegister(static line => ((ByteLine)line!).OnCancelled(), this);
        var wait = BeginWait(timeout, registration);
        if (cancellationToken.IsCancellationRequested)
            OnCancelled();
        return wait;
    }

    /// <summary>Moves received bytes out; returns how many.</summary>
    public int Take(Span<byte> destination)
    {
        lock (_gate)
        {
            var count = Math.Min(destination.Length, _inboxLength);
            _inbox.AsSpan(0, count).CopyTo(destination);
            _inbox.AsSpan(count, _inboxLength - count).CopyTo(_inbox);
            _inboxLength -= count;
            return count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _stream.DisposeAsync();
        await _reading;
        await _timer.DisposeAsync();
        _writeTimeout.Dispose();
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _registration.Dispose();
        return _waiter.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private ValueTask<bool> BeginWait(TimeSpan timeout, CancellationTokenRegistration registration)
    {
        lock (_gate)
        {
            if (_inboxLength == 0 && _fault is null && timeout > TimeSpan.Zero)
            {
                _waiter.Reset();
                _isWaiting = true;
                _registration = registration;
                _waitEnds = timeout == Forever ? long.MaxValue : _time.GetTimestamp() + ToTimestampTicks(timeout);
                _timer.Change(timeout == Forever ? Timeout.InfiniteTimeSpan : timeout, Timeout.InfiniteTimeSpan);
                return new(this, _waiter.Version);
            }
        }

        registration.Unregister();
        return _inboxLength == 0 && _fault is { } fault ? ValueTask.FromException<bool>(fault) : new(_inboxLength > 0);
    }

    private async Task ReadAsync()
    {
        var chunk = new byte[InboxSize];
        try
        {
            int count;
            while ((count = await _stream.ReadAsync(chunk, _closing.Token)) > 0)
                Receive(chunk.AsSpan(0, count));
            SetFault(new EndOfStreamException("The other side closed the connection."));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            SetFault(e as IOException ?? new IOException("The line is closed.", e));
        }
    }

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _lastActivity = _time.GetTimestamp();
            var count = Math.Min(bytes.Length, InboxSize - _inboxLength);
            bytes[..count].CopyTo(_inbox.AsSpan(_inboxLength));
            _inboxLength += count;
            if (!EndWait())
                return;
        }

        _waiter.SetResult(true);
    }

    private void SetFault(Exception fault)
    {
        lock (_gate)
        {
            _fault ??= fault;
            if (!EndWait())
                return;
        }

        _waiter.SetException(fault);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (!_isWaiting || _waitEnds == long.MaxValue)
                return;

            var remaining = _time.GetElapsedTime(_time.GetTimestamp(), _waitEnds);
            if (remaining > TimeSpan.Zero)
            {
                // A timer of an earlier wait, or one whose clock is coarser than the timestamps.
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(remaining.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                return;
            }

            EndWait();
        }

        _waiter.SetResult(false);
    }

    private void OnCancelled()
    {
        CancellationToken cancelled;
        lock (_gate)
        {
            cancelled = _registration.Token;
            if (!cancelled.IsCancellationRequested || !EndWait())
                return;
        }

        _waiter.SetException(new OperationCanceledException(cancelled));
    }

    private bool EndWait()
    {
        if (!_isWaiting)
            return false;

        _isWaiting = false;
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return true;
    }

    private long ToTimestampTicks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
