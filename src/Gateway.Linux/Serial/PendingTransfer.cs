using System.Threading.Tasks.Sources;

namespace Gateway.Linux.Serial;

/// <summary>A read or a write that waits for the descriptor; used again and again. Guarded by its stream's lock.</summary>
internal sealed class PendingTransfer : IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;

    public bool IsPending { get; private set; }

    public Memory<byte> Buffer { get; private set; }

    public ValueTask<int> Begin(Memory<byte> buffer)
    {
        _source.Reset();
        Buffer = buffer;
        IsPending = true;
        return new(this, _source.Version);
    }

    /// <summary>Outside the lock: a token that is cancelled by now calls back at once.</summary>
    public void CancelWith(Action<object?, CancellationToken> onCancelled, object state, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(onCancelled, state);
    }

    public void CancelIf(CancellationToken cancelled)
    {
        if (_cancellationToken == cancelled)
            Fail(new OperationCanceledException(cancelled));
    }

    public void Complete(int count)
    {
        if (End())
            _source.SetResult(count);
    }

    public void Fail(Exception error)
    {
        if (End())
            _source.SetException(error);
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        _registration.Dispose();
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private bool End()
    {
        if (!IsPending)
            return false;

        IsPending = false;
        Buffer = default;
        return true;
    }
}
