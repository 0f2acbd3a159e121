namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>Something that happens at a time which may still change.</summary>
internal abstract class Deadline
{
    /// <summary>Its place in the heap; -1 while it is not scheduled. Kept by <see cref="Deadlines"/>.</summary>
    public int HeapIndex { get; set; } = -1;

    /// <summary>Milliseconds on the broker's clock.</summary>
    public long DueAt { get; set; }

    public bool IsScheduled => HeapIndex >= 0;

    /// <summary>It is no longer scheduled when this is called, and may schedule itself again.</summary>
    public abstract void OnDue(long now);
}

/// <summary>
/// The deadlines of all connections, sessions and retained messages: a binary heap in which each has at most one
/// place, so that moving one never leaves an entry behind. Not thread-safe.
/// </summary>
internal sealed class Deadlines
{
    private Deadline[] _heap = new Deadline[16];
    private int _count;

    /// <summary>When the next one is due; null when there is none.</summary>
    public long? Next => _count == 0 ? null : _heap[0].DueAt;

    /// <summary>Schedules, or moves what is scheduled.</summary>
    public void Schedule(Deadline deadline, long dueAt)
    {
        deadline.DueAt = dueAt;
        if (!deadline.IsScheduled)
        {
            if (_count == _heap.Length)
            {
                Array.Resize(ref _heap, _count * 2);
            }

            Place(deadline, _count++);
        }

        SiftUp(deadline);
        SiftDown(deadline);
    }

    public void Cancel(Deadline deadline)
    {
        if (!deadline.IsScheduled)
        {
            return;
        }

        var index = deadline.HeapIndex;
        deadline.HeapIndex = -1;
        var last = _heap[--_count];
        _heap[_count] = null!;
        if (last != deadline)
        {
            Place(last, index);
            SiftUp(last);
            SiftDown(last);
        }
    }

    /// <summary>Calls <see cref="Deadline.OnDue"/> on each that is due, earliest first.</summary>
    public void Run(long now)
    {
        while (_count > 0 && _heap[0].DueAt <= now)
        {
            var deadline = _heap[0];
            Cancel(deadline);
            deadline.OnDue(now);
        }
    }

    private void Place(Deadline deadline, int index)
    {
        _heap[index] = deadline;
        deadline.HeapIndex = index;
    }

    private void SiftUp(Deadline deadline)
    {
        while (deadline.HeapIndex > 0 && _heap[(deadline.HeapIndex - 1) / 2] is var parent && parent.DueAt > deadline.DueAt)
        {
            Swap(parent, deadline);
        }
    }

    private void SiftDown(Deadline deadline)
    {
        while (true)
        {
            var child = (2 * deadline.HeapIndex) + 1;
            if (child + 1 < _count && _heap[child + 1].DueAt < _heap[child].DueAt)
            {
                child++;
            }

            if (child >= _count || _heap[child].DueAt >= deadline.DueAt)
            {
                return;
            }

            Swap(deadline, _heap[child]);
        }
    }

    private void Swap(Deadline a, Deadline b)
    {
        var index = a.HeapIndex;
        Place(a, b.HeapIndex);
        Place(b, index);
    }
}
