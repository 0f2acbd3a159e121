namespace Gateway.Mqtt.Broker.Persistence;

/// <summary>
/// How much of a connection's output may leave: what promises something waits until the commit that makes it true,
/// and so does what was written after it. Two commits at most are outstanding, the one under way and the next.
/// A mutable struct: keep it in a field.
/// </summary>
internal struct OutputGate
{
    private long _firstCommit;
    private int _firstFrom;
    private long _secondCommit;
    private int _secondFrom;

    public readonly bool IsClosed => _firstCommit != 0;

    /// <summary>What is written from <paramref name="position"/> of the output on waits for a commit.</summary>
    public void Hold(long commit, int position)
    {
        if (_firstCommit == 0)
        {
            (_firstCommit, _firstFrom) = (commit, position);
        }
        else if (_firstCommit != commit && _secondCommit == 0)
        {
            (_secondCommit, _secondFrom) = (commit, position);
        }
    }

    /// <summary>Commits up to this one are done.</summary>
    public void Release(long committed)
    {
        while (_firstCommit != 0 && _firstCommit <= committed)
        {
            (_firstCommit, _firstFrom) = (_secondCommit, _secondFrom);
            (_secondCommit, _secondFrom) = (0, 0);
        }
    }

    /// <summary>How many of the bytes in the output may leave.</summary>
    public readonly int Open(int length) => IsClosed ? _firstFrom : length;

    /// <summary>So many bytes left.</summary>
    public void OnTaken(int count)
    {
        _firstFrom -= IsClosed ? count : 0;
        _secondFrom -= _secondCommit == 0 ? 0 : count;
    }
}
