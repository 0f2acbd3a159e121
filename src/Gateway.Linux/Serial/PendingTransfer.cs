using System.Threading.Tasks.Sources;

namespace Gateway.Linux.Serial;

/// <summary>A read or a write that waits for the descriptor; used again and again. Guarded by its stream's lock.</summary>
internal sealed class PendingTransfer : IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _source;
    private CancellationTokenRegistration _registration;
    private int _count;
    private Exception? _error;

    public bool IsPending { get; private set; }

    public Memory<byte> Buffer { get; private set; }

    public ValueTask<int> Begin(Memory<byte> buffer, CancellationTokenRegistration registration)
    {
        _source.Reset();
        Buffer = buffer;
        _registration = registration;
        IsPending = true;
        return new(this, _source.Version);
    }

    public bool TryCancel(CancellationToken cancelled) => _registration.Token == cancelled && TryEnd(new OperationCanceledException(cancelled));

    public bool TryEnd(int count) => TryEnd(count, null);

    public bool TryEnd(Exception error) => TryEnd(0, error);

    /// <summary>Outside the lock, by who ended it: the caller goes on here.</summary>
    public void Tell()
    {
        if (_error is null)
            _source.SetResult(_count);
        else
            _source.SetException(_error);
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        _registration.Dispose();
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private bool TryEnd(int count, Exception? error)
    {
        if (!IsPending)
            return false;

        IsPending = false;
        Buffer = default;
        (_count, _error) = (count, error);
        return true;
    }
}
