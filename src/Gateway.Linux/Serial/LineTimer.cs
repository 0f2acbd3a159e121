namespace Gateway.Linux.Serial;

/// <summary>A timer of a <see cref="LineThread"/>, whose lock guards it.</summary>
internal sealed class LineTimer(LineThread thread, TimerCallback callback, object? state) : ITimer
{
    private bool _isDisposed;

    public bool IsArmed { get; set; }

    /// <summary>When it fires; a timestamp.</summary>
    public long Due { get; set; }

    /// <summary>After how long it fires again, in timestamp ticks; 0: not at all.</summary>
    public long Period { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_isDisposed)
            return false;

        if (dueTime == Timeout.InfiniteTimeSpan)
            thread.Disarm(this);
        else
            thread.Arm(this, dueTime, period);
        return true;
    }

    public void Fire() => callback(state);

    public void Dispose()
    {
        _isDisposed = true;
        thread.Disarm(this);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
