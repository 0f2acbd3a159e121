namespace Gateway.Storage.Queue;

/// <summary>
/// Which of the old records go (<see cref="FullPolicy.ThinOut"/>): in a pass over them every second of each point, the first of each stays. A pass goes
/// on where it stopped, so it may be made in stretches as short as there is time for, however many points there are. Not thread-safe.
/// </summary>
internal sealed class Thinning
{
    private const int WorthWhile = 16;

    private readonly HashSet<long> _stayed = []; // points whose last record stayed
    private long _looked;
    private long _gone;
    private long _restThrough;

    /// <summary>How far this pass has come: everything up to this position was looked at.</summary>
    public long Through { get; private set; }

    /// <summary>
    /// Whether there is more to look at up to <paramref name="middle"/>: in this pass, or in a new one. A pass by which little went, because each
    /// point was there once or all is urgent, is not made again before a quarter as much has come.
    /// </summary>
    /// <param name="middle">Where the old records end.</param>
    /// <param name="last">The last position.</param>
    public bool TryGoOn(long middle, long last)
    {
        if (Through >= middle)
        {
            _restThrough = _looked > 0 && _gone * WorthWhile < _looked ? last + (_looked / 4) : 0;
            _stayed.Clear();
            (Through, _looked, _gone) = (0, 0, 0);
        }

        return last >= _restThrough && Through < middle;
    }

    /// <summary>Whether the next record, which is of a point, stays.</summary>
    public bool IsStaying(long point, bool isUrgent)
    {
        _looked++;
        if (isUrgent || _stayed.Add(point))
        {
            return true;
        }

        _stayed.Remove(point);
        _gone++;
        return false;
    }

    /// <summary>All records up to a position were looked at.</summary>
    public void GoTo(long position) => Through = position;
}
