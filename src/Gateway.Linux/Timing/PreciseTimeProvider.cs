using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Timing;

/// <summary>
/// The system's clock with timers for a serial line: they fire when their time has come, give or take what waking a thread
/// takes, about a tenth of a millisecond, where the system's own count whole milliseconds and may be two late. One thread
/// for all timers of the process, which begins with the first. Callbacks must be short and must not throw. Thread-safe.
/// </summary>
/// <remarks>Meant for some dozens of timers: they are kept in a list.</remarks>
public sealed class PreciseTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<PreciseTimer> _armed = [];
    private SafeFileDescriptor? _wake;
    private long _sleepsUntil;

    private PreciseTimeProvider()
    {
    }

    /// <summary>The one of this process.</summary>
    public static PreciseTimeProvider Shared { get; } = new();

    /// <summary>
    /// This clock in place of the system's; any other, such as a test's, stays.
    /// </summary>
    public static TimeProvider InPlaceOf(TimeProvider timeProvider) => timeProvider == System ? Shared : timeProvider;

    /// <inheritdoc/>
    /// <remarks>The callback comes on the thread of the timers, without the execution context of the caller.</remarks>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new PreciseTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Arm(PreciseTimer timer, long due, long period)
    {
        lock (_gate)
        {
            (timer.Due, timer.Period) = (due, period);
            if (!timer.IsArmed)
            {
                timer.IsArmed = true;
                _armed.Add(timer);
            }

            // Timers are put off far more often than they fire: the thread is woken only for one that comes before all others.
            if (_wake is null)
                Start();
            else if (due < _sleepsUntil)
                Wake(due);
        }
    }

    private void Disarm(PreciseTimer timer)
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

    private void Start()
    {
        var wake = new SafeFileDescriptor(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
        if (wake.IsInvalid)
            throw new LinuxException("No event descriptor could be made.", Marshal.GetLastPInvokeError());
        _wake = wake;
        new Thread(Run) { IsBackground = true, Name = "timers", Priority = ThreadPriority.Highest }.Start();
    }

    private unsafe void Wake(long due)
    {
        _sleepsUntil = due;
        var one = 1UL;
        _ = Libc.write(_wake!, (byte*)&one, sizeof(ulong));
    }

    private unsafe void Run()
    {
        // The kernel gathers wake-ups of a thread within 50 µs unless it is told not to.
        _ = Libc.prctl(Libc.PR_SET_TIMERSLACK, 1, 0, 0, 0);
        var fd = new pollfd { fd = _wake!.Number, events = Libc.POLLIN };
        while (true)
        {
            var timeout = ToTimespec(FireDue());
            if (Libc.ppoll(&fd, 1, &timeout, null) > 0)
            {
                var count = 0UL;
                _ = Libc.read(_wake!, (byte*)&count, sizeof(ulong));
            }
        }
    }

    /// <summary>Fires what is due; returns how long nothing will be, in timestamp ticks.</summary>
    private long FireDue()
    {
        while (true)
        {
            PreciseTimer? due = null;
            lock (_gate)
            {
                var now = GetTimestamp();
                var earliest = now + (60 * TimestampFrequency);
                foreach (var timer in _armed)
                {
                    if (timer.Due < earliest)
                    {
                        earliest = timer.Due;
                        due = timer;
                    }
                }

                if (due is null || earliest > now)
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

    private timespec ToTimespec(long ticks)
    {
        var seconds = ticks / TimestampFrequency;
        return new timespec { tv_sec = (nint)seconds, tv_nsec = (nint)((ticks - (seconds * TimestampFrequency)) * 1_000_000_000 / TimestampFrequency) };
    }

    private sealed class PreciseTimer(PreciseTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private bool _isDisposed;

        public bool IsArmed { get; set; }

        public long Due { get; set; }

        public long Period { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
                return false;

            if (dueTime == Timeout.InfiniteTimeSpan)
                owner.Disarm(this);
            else
                owner.Arm(this, owner.GetTimestamp() + ToTicks(dueTime), period > TimeSpan.Zero ? ToTicks(period) : 0);
            return true;
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            _isDisposed = true;
            owner.Disarm(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private long ToTicks(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds * owner.TimestampFrequency);
    }
}
