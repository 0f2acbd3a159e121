using Gateway.Runtime.Polling;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Messages that the broker refused and that may be taken another time: they come again after pauses, while others go on, and are parked
/// after so many refusals, but only where the broker takes others meanwhile: one that takes nothing, or nothing any more, has a fault of its own. Thread-safe.
/// </summary>
/// <param name="reader">Where they come from.</param>
/// <param name="parkAfter">The refusals.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class RefusedMessages(QueueReader reader, int parkAfter, TimeProvider timeProvider) : IDisposable
{
    /// <summary>Messages that may wait here beside those that are under way; more of them, refused in a row, hold up what follows.</summary>
    public const int Room = 1000;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, (int Count, long TakenBefore)> _refusals = [];
    private readonly HashSet<long> _waiting = [];
    private readonly WakeSignal _wake = new(timeProvider);
    private readonly RefusalPause _pause = new();
    private long _taken;
    private long _takenBeforeLast; // the last refusal of all

    /// <summary>How many wait here.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>A message was refused.</summary>
    /// <returns>Whether it was one time too many: then it is to be parked, and is forgotten here.</returns>
    public bool Add(long position)
    {
        lock (_gate)
        {
            // What is no longer in the queue is not told of.
            if (_refusals.Count > QueueReader.MaxOutstanding)
            {
                _refusals.Clear();
            }

            // Of the first refusal there is no meanwhile: that since the one before, whichever message's that was, has to do.
            var (count, takenBefore) = _refusals.TryGetValue(position, out var known) ? (known.Count + 1, known.TakenBefore) : (1, _taken);
            var takesOthers = _taken > (count == 1 ? _takenBeforeLast : takenBefore);
            _takenBeforeLast = _taken;
            if (count >= parkAfter && takesOthers)
            {
                _refusals.Remove(position);
                return true;
            }

            _refusals[position] = (count, takenBefore);
            _waiting.Add(position);
        }

        _wake.Set();
        return false;
    }

    /// <summary>A message was taken.</summary>
    public void Taken(long position)
    {
        lock (_gate)
        {
            _taken++;
            _pause.Reset();
            _refusals.Remove(position);
        }
    }

    /// <summary>All that is not acknowledged comes again.</summary>
    public void Rewound()
    {
        lock (_gate)
        {
            _waiting.Clear();
        }
    }

    /// <summary>A connection begins, to a broker of which nothing is known.</summary>
    public void BeginConnection()
    {
        lock (_gate)
        {
            _takenBeforeLast = _taken;
            foreach (var position in _refusals.Keys.ToList())
            {
                _refusals[position] = (_refusals[position].Count, _taken);
            }
        }
    }

    /// <summary>Lets them come again, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var waking = stop.Register(_wake.Set);
        try
        {
            while (true)
            {
                await _wake.WaitAsync(LongestSleep).ConfigureAwait(false);
                stop.ThrowIfCancellationRequested();
                await Task.Delay(NextPause(), timeProvider, stop).ConfigureAwait(false);
                foreach (var position in GetWaiting())
                {
                    Repeat(position);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    public void Dispose() => _wake.Dispose();

    private TimeSpan NextPause()
    {
        lock (_gate)
        {
            return _pause.Next();
        }
    }

    private List<long> GetWaiting()
    {
        lock (_gate)
        {
            return [.. _waiting.Order()];
        }
    }

    // It may have been rewound since, and would come twice.
    private void Repeat(long position)
    {
        lock (_gate)
        {
            if (_waiting.Remove(position))
            {
                reader.Repeat(position);
            }
        }
    }
}
