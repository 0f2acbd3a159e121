namespace Gateway.Abstractions.Buses;

/// <summary>
/// The one thread that speaks to a bus: calls into the kernel block, and block nobody else. Whoever waits for it does so for
/// a bounded time; while the kernel does not come back from a call, others are refused at once. Thread-safe.
/// </summary>
/// <remarks>
/// Whoever awaits it goes on there, so that a read wakes no other thread: what follows must not block, as the bus waits meanwhile.
/// </remarks>
public sealed class BusThread : IAsyncDisposable
{
    /// <summary>How long one call into the kernel may take: the kernel's own limit of a transfer is a second.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MaxWaiting = 1024;

    private readonly object _gate = new();
    private readonly string _bus;
    private readonly TimeProvider _timeProvider;
    private readonly ITimer _watch;
    private readonly ITimer? _alarm;
    private readonly Queue<BusWork> _ready = new();
    private readonly PriorityQueue<BusWork, long> _later = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BusWork? _current;
    private long _began;
    private bool _isWatched;
    private bool _isHung;
    private bool _isClosing;

    /// <param name="bus">The bus, as errors name it.</param>
    /// <param name="timeProvider">The clock of the patience and of the waits.</param>
    public BusThread(string bus, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        _bus = bus;
        _timeProvider = timeProvider;
        _watch = timeProvider.CreateTimer(_ => Watch(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // The system's clock needs no timer, which would wake two threads more for each wait.
        _alarm = timeProvider == TimeProvider.System ? null : timeProvider.CreateTimer(_ => Pulse(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        new Thread(Run) { IsBackground = true, Name = bus }.Start();
    }

    /// <summary>Does work on the thread, after what waits already.</summary>
    /// <exception cref="BusException">The thread hangs in the kernel; or what the work throws.</exception>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var call = new BusCall<T>(work);
        Post(call, TimeSpan.Zero);
        return call.Task;
    }

    /// <summary>Does work in steps on the thread, each of which says how long to wait before the next; others have their turns meanwhile.</summary>
    /// <param name="steps">Gives the waits; zero: none. It is begun, and goes on, on the thread.</param>
    /// <param name="delay">How long to wait before the first step.</param>
    /// <param name="cancellationToken">Ends it before its next step.</param>
    /// <exception cref="BusException">The thread hangs in the kernel; or what a step throws.</exception>
    public Task WalkAsync(IEnumerable<TimeSpan> steps, TimeSpan delay, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var walk = new BusWalk(steps);
        Post(walk, delay);
        walk.EndWith(GiveUp, cancellationToken);
        return walk.Task;
    }

    /// <summary>Ends the thread when the work that waits for nothing but its turn is done. One that hangs is left to itself.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosing = true;
            Monitor.Pulse(_gate);
        }

        await _ended.Task.WaitAsync(Patience, _timeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _watch.Dispose();
        _alarm?.Dispose();
    }

    private void Post(BusWork work, TimeSpan delay)
    {
        lock (_gate)
        {
            if (!_isHung && !_isClosing && _ready.Count + _later.Count < MaxWaiting)
            {
                Queue(work, delay);
                Monitor.Pulse(_gate);
                return;
            }
        }

        work.Fail(_isClosing ? new ObjectDisposedException(_bus) : Hung());
    }

    private void GiveUp(BusWalk walk)
    {
        lock (_gate)
        {
            _later.Remove(walk, out _, out _);
        }
    }

    private void Run()
    {
        while (TryTake(out var work))
        {
            var isOver = work.Step(out var wait);
            lock (_gate)
            {
                _current = null;
                _isHung = false;
                if (!isOver)
                {
                    Queue(work, wait);
                }
            }

            if (isOver)
            {
                work.Tell();
            }
        }

        foreach (var (work, _) in _later.UnorderedItems)
        {
            work.Fail(new OperationCanceledException());
        }

        _ended.SetResult();
    }

    private bool TryTake(out BusWork work)
    {
        lock (_gate)
        {
            while (true)
            {
                // A chip that has converted goes before one that has not begun.
                if (_later.TryPeek(out var next, out var due) && due <= _timeProvider.GetTimestamp())
                {
                    _later.Dequeue();
                }
                else if (!_ready.TryDequeue(out next))
                {
                    if (_isClosing)
                    {
                        work = null!;
                        return false;
                    }

                    Sleep();
                    continue;
                }

                work = _current = next;
                _began = _timeProvider.GetTimestamp();
                if (!_isWatched)
                {
                    _isWatched = true;
                    _watch.Change(Patience, Timeout.InfiniteTimeSpan);
                }

                return true;
            }
        }
    }

    private void Queue(BusWork work, TimeSpan delay)
    {
        if (delay > TimeSpan.Zero)
        {
            _later.Enqueue(work, _timeProvider.GetTimestamp() + (long)Math.Ceiling(delay.TotalSeconds * _timeProvider.TimestampFrequency));
        }
        else
        {
            _ready.Enqueue(work);
        }
    }

    private void Sleep()
    {
        if (!_later.TryPeek(out _, out var due))
        {
            Monitor.Wait(_gate);
            return;
        }

        // Timers count whole milliseconds.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling((due - _timeProvider.GetTimestamp()) * 1000.0 / _timeProvider.TimestampFrequency));
        if (wait > TimeSpan.Zero)
        {
            _alarm?.Change(wait, Timeout.InfiniteTimeSpan);
            Monitor.Wait(_gate, _alarm is null ? wait : Timeout.InfiniteTimeSpan);
        }
    }

    private void Pulse()
    {
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    // One timer for all calls, as they are many and none of them hangs.
    private void Watch()
    {
        List<BusWork> waiting;
        lock (_gate)
        {
            _isWatched = false;
            if (_current is null)
            {
                return;
            }

            var elapsed = _timeProvider.GetElapsedTime(_began);
            if (elapsed < Patience)
            {
                _isWatched = true;
                _watch.Change(Patience - elapsed, Timeout.InfiniteTimeSpan);
                return;
            }

            _isHung = true;
            waiting = [_current, .. _ready, .. _later.UnorderedItems.Select(item => item.Element)];
        }

        foreach (var work in waiting)
        {
            work.Fail(Hung());
        }
    }

    private BusException Hung() => new(BusReasons.Hung, $"The kernel does not come back from a call to {_bus}; pull the adapter, or start the machine again.", isBusFault: true);
}
