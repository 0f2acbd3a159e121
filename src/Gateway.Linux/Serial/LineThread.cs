using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>
/// The thread of one serial line. It waits for the port's bytes and for the line's timers at once, and whoever waited for either goes
/// on there: from a silence that ended to the request that it was kept for, no other thread is woken. As a clock it is the system's,
/// with timers that fire within a few microseconds of their time and never early, where the system's own count whole milliseconds.
/// </summary>
/// <remarks>
/// Begins with its first use. What goes on there must not block and must not throw: the line waits meanwhile. Meant for a handful of
/// timers, which are kept in a list. Thread-safe.
/// </remarks>
public sealed class LineThread : TimeProvider, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    /// <summary>The kernel wakes a thread some microseconds late, more in a virtual machine: so much of each wait is spent awake.</summary>
    private static readonly TimeSpan LookOut = TimeSpan.FromMicroseconds(50);

    private readonly Lock _gate = new();
    private readonly List<LineTimer> _armed = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private readonly SafeFileDescriptor _wake;
    private readonly long _longestSleep;
    private readonly long _lookOut;
    private Thread? _thread;
    private DescriptorStream? _stream;
    private Action? _onDetached;
    private long _sleepsUntil = long.MaxValue;
    private bool _isDisposed;

    /// <param name="name">What debuggers call it: the line's port.</param>
    /// <exception cref="LinuxException">The process has no descriptors left.</exception>
    public LineThread(string name)
    {
        _name = name;
        _longestSleep = ToTicks(LongestSleep);
        _lookOut = ToTicks(LookOut);
        _wake = new(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
        if (_wake.IsInvalid)
            throw new LinuxException("No event descriptor could be made.", Marshal.GetLastPInvokeError());
    }

    /// <inheritdoc/>
    /// <remarks>The callback comes on this thread, without the execution context of the caller.</remarks>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new LineTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends the thread; timers fire no more. Comes back when it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Stop() is not null)
            await _ended.Task;
    }

    /// <summary>As <see cref="DisposeAsync"/>; on the thread itself it only asks for its end.</summary>
    public void Dispose()
    {
        if (Stop() is { } thread && thread != Thread.CurrentThread)
            thread.Join();
    }

    /// <summary>Waits for this stream from now on. One at a time.</summary>
    internal void Attach(DescriptorStream stream)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_stream is not null)
                throw new InvalidOperationException($"The previous port on {_name} is still open.");
            _stream = stream;
            Start();
        }
    }

    /// <summary>Waits for no stream any more.</summary>
    /// <param name="onDetached">Is called once the kernel does not look at its descriptor any more.</param>
    internal void Detach(Action onDetached)
    {
        lock (_gate)
        {
            _stream = null;
            if (!_isDisposed && _thread != Thread.CurrentThread)
            {
                _onDetached = onDetached;
                Wake();
                return;
            }
        }

        onDetached();
    }

    /// <summary>Looks anew at what the stream waits for.</summary>
    internal void Wake()
    {
        // On the thread itself nothing sleeps.
        if (Thread.CurrentThread == _thread)
            return;

        lock (_gate)
        {
            if (!_isDisposed)
                Signal();
        }
    }

    internal void Arm(LineTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;

            (timer.Due, timer.Period) = (GetTimestamp() + ToTicks(dueTime), period > TimeSpan.Zero ? ToTicks(period) : 0);
            if (!timer.IsArmed)
            {
                timer.IsArmed = true;
                _armed.Add(timer);
            }

            // Timers are put off far more often than they fire: the thread is woken only for one that comes before all others.
            Start();
            if (timer.Due < _sleepsUntil && Thread.CurrentThread != _thread)
            {
                _sleepsUntil = timer.Due;
                Signal();
            }
        }
    }

    internal void Disarm(LineTimer timer)
    {
        lock (_gate)
        {
            if (timer.IsArmed)
            {
                timer.IsArmed = false;
                _armed.Remove(timer);
            }
        }
    }

    private Thread? Stop()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _stream = null;
                if (_thread is null)
                    _wake.Dispose();
                else
                    Signal();
            }

            return _thread;
        }
    }

    private void Start()
    {
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = _name };
            _thread.Start();
        }
    }

    private unsafe void Signal()
    {
        var one = 1UL;
        _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }

    private unsafe void Run()
    {
        // The kernel gathers wake-ups of a thread within 50 µs unless it is told not to.
        _ = Libc.prctl(Libc.PR_SET_TIMERSLACK, 1, 0, 0, 0);
        var fds = stackalloc pollfd[2];
        fds[0] = new() { fd = _wake.Number, events = Libc.POLLIN };
        while (true)
        {
            var timeout = ToTimespec(Math.Max(0, FireDue() - _lookOut));
            if (!TryTakeStream(out var stream))
                break;

            fds[1] = stream?.Awaited ?? new() { fd = -1 };

            // Interrupted or not, what is due and what is asked for decides.
            if (Libc.ppoll(fds, 2, &timeout, null) <= 0)
                continue;
            if (fds[0].revents != 0)
            {
                var count = 0UL;
                _ = Libc.read(_wake, (byte*)&count, sizeof(ulong));
            }

            if (fds[1].revents != 0)
                stream!.Continue(fds[1].revents);
        }

        _ended.SetResult();
    }

    /// <summary>Answers the stream to wait for, if any, and tells who left; false at the end of the thread.</summary>
    private bool TryTakeStream(out DescriptorStream? stream)
    {
        Action? onDetached;
        bool isDisposed;
        lock (_gate)
        {
            stream = _stream;
            (onDetached, _onDetached) = (_onDetached, null);
            isDisposed = _isDisposed;
            if (isDisposed)
                _wake.Dispose();
        }

        onDetached?.Invoke();
        return !isDisposed;
    }

    /// <summary>Fires what is due; returns how long nothing will be, in timestamp ticks.</summary>
    private long FireDue()
    {
        while (true)
        {
            LineTimer? due = null;
            lock (_gate)
            {
                var now = GetTimestamp();
                var earliest = now + _longestSleep;
                foreach (var timer in _armed)
                {
                    if (timer.Due < earliest)
                    {
                        earliest = timer.Due;
                        due = timer;
                    }
                }

                if (due is null || earliest > now || _isDisposed)
                {
                    _sleepsUntil = earliest;
                    return earliest - now;
                }

                if (due.Period > 0)
                {
                    due.Due += due.Period;
                }
                else
                {
                    due.IsArmed = false;
                    _armed.Remove(due);
                }
            }

            due.Fire();
        }
    }

    private long ToTicks(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds * TimestampFrequency);

    private timespec ToTimespec(long ticks)
    {
        var seconds = ticks / TimestampFrequency;
        return new timespec { tv_sec = (nint)seconds, tv_nsec = (nint)((ticks - (seconds * TimestampFrequency)) * 1_000_000_000 / TimestampFrequency) };
    }
}
