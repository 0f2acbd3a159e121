namespace Gateway.Drivers.Chips;

/// <summary>A measurement that begins before its read is due, unless the read comes before it has begun.</summary>
/// <param name="fields">The fields that it is for.</param>
/// <param name="stopping">Ends it.</param>
internal sealed class AheadMeasurement(IReadOnlyList<int> fields, CancellationToken stopping) : IDisposable
{
    private readonly CancellationTokenSource _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private int _isTaken;

    /// <summary>The fields that it is for.</summary>
    public IReadOnlyList<int> Fields => fields;

    /// <summary>What came of it.</summary>
    public Task<Measured>? Measured { get; set; }

    /// <summary>Ends it.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>Its steps; none if it was taken back before the first.</summary>
    public IEnumerable<TimeSpan> BeginOnce(IEnumerable<TimeSpan> steps)
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            yield break;
        }

        foreach (var wait in steps)
        {
            yield return wait;
        }
    }

    /// <summary>Gives it up if it has not begun; else what came of it must be awaited.</summary>
    public bool TryTakeBack()
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            return false;
        }

        _ending.Cancel();
        return true;
    }

    public void Dispose() => _ending.Dispose();
}
