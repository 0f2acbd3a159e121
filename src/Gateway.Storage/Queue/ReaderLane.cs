namespace Gateway.Storage.Queue;

/// <summary>One of a reader's ways through the queue: how far it has come, and the page from the disk that it is at. Guarded by the buffer's gate.</summary>
/// <param name="isUrgentOnly">Whether it passes over what is not urgent.</param>
internal sealed class ReaderLane(bool isUrgentOnly)
{
    private readonly Queue<QueueRecord> _page = new();

    public bool IsUrgentOnly => isUrgentOnly;

    /// <summary>Records of the page that were not handed out yet.</summary>
    public int PageCount => _page.Count;

    /// <summary>Whether the writer is to read a page.</summary>
    public bool IsPageWanted { get; set; }

    /// <summary>Everything of this lane up to here was handed out or is in the page.</summary>
    public long Fetched { get; set; }

    /// <summary>The position that was handed out last, not counting those handed out again.</summary>
    public long HandedOut { get; set; }

    /// <summary>Records that were handed out here and are not acknowledged.</summary>
    public int Outstanding { get; set; }

    /// <summary>The record that <see cref="TakeFromPage"/> takes.</summary>
    public bool TryPeekAtPage([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out QueueRecord record) => _page.TryPeek(out record);

    public void TakeFromPage() => _page.Dequeue();

    /// <summary>Takes what was asked for.</summary>
    public void TakePage(List<QueueRecord> records, bool isLast, long through)
    {
        foreach (var record in records)
        {
            _page.Enqueue(record);
        }

        Fetched = isLast ? through : records[^1].Position;
        IsPageWanted = false;
    }

    /// <summary>Records up to a position were lost: they come no more.</summary>
    public void Lose(long position)
    {
        // Beyond the page are records that memory lost while the disk could not take them: what the page holds is not lost with them.
        while (position <= Fetched && _page.TryPeek(out var first) && first.Position <= position)
        {
            _page.Dequeue();
        }
    }

    /// <summary>Records among others were lost.</summary>
    public void Forget(HashSet<long> positions)
    {
        for (var left = _page.Count; left > 0; left--)
        {
            if (_page.Dequeue() is var record && !positions.Contains(record.Position))
            {
                _page.Enqueue(record);
            }
        }
    }

    /// <summary>Goes on behind a position.</summary>
    public void MoveTo(long position)
    {
        _page.Clear();
        IsPageWanted = false;
        Fetched = HandedOut = position;
    }
}
