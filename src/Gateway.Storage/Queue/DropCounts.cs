namespace Gateway.Storage.Queue;

/// <summary>
/// What was lost, by device and reason, and what of that the file knows. It is as much as there are devices: those that are gone count as one. Guarded by its owner's gate.
/// </summary>
internal sealed class DropCounts
{
    private readonly Dictionary<(string Device, DropReason Reason), long> _counts = [];
    private readonly Dictionary<(string Device, DropReason Reason), long> _saved = [];
    private IReadOnlySet<string>? _devices; // null: not known yet
    private bool _isLoaded;
    private bool _isChanged;

    /// <summary>All of them together.</summary>
    public long Total => _counts.Values.Sum();

    /// <summary>Those of earlier runs.</summary>
    public long Earlier { get; private set; }

    /// <summary>The counts.</summary>
    public IReadOnlyList<QueueDrops> All => [.. _counts.Select(count => new QueueDrops(count.Key.Device, count.Key.Reason, count.Value))];

    public void Add(string device, DropReason reason, long count = 1)
    {
        var key = (_devices?.Contains(device) != false ? device : QueueDrops.GoneDevices, reason);
        _counts[key] = _counts.GetValueOrDefault(key) + count;
        _isChanged = true;
    }

    /// <summary>There are these devices, and no others.</summary>
    public void SetDevices(IReadOnlySet<string> devices)
    {
        _devices = devices;
        foreach (var (key, count) in _counts.Where(count => count.Key.Device != QueueDrops.GoneDevices && !devices.Contains(count.Key.Device)).ToList())
        {
            _counts.Remove(key);
            Add(key.Device, key.Reason, count);
        }
    }

    /// <summary>A file was opened that has counts, of earlier runs if it is the first; if not, they are older than these.</summary>
    public void Attach(IEnumerable<QueueDrops> stored)
    {
        _saved.Clear();
        _isChanged = true;
        foreach (var (device, reason, count) in stored)
        {
            _saved[(device, reason)] = count;
            if (!_isLoaded)
            {
                Add(device, reason, count);
                Earlier += count;
            }
        }

        _isLoaded = true;
    }

    /// <summary>What the file does not know, or knows otherwise; a count of 0: it is no longer there.</summary>
    public IReadOnlyList<QueueDrops> GetUnsaved() => !_isChanged ? [] :
    [
        .. All.Where(drops => _saved.GetValueOrDefault((drops.Device, drops.Reason)) != drops.Count),
        .. _saved.Keys.Where(key => !_counts.ContainsKey(key)).Select(key => new QueueDrops(key.Device, key.Reason, 0)),
    ];

    /// <summary>The file knows it now.</summary>
    public void SetSaved(IReadOnlyList<QueueDrops> drops)
    {
        foreach (var (device, reason, count) in drops)
        {
            if (count == 0)
            {
                _saved.Remove((device, reason));
            }
            else
            {
                _saved[(device, reason)] = count;
            }
        }

        _isChanged = GetUnsaved().Count > 0;
    }
}
