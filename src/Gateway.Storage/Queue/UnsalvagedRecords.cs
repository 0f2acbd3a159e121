namespace Gateway.Storage.Queue;

/// <summary>What a damaged file held and the new one has no room for. Belongs to the writer's thread.</summary>
/// <param name="isInFileAlone">Whether a record waits and is nowhere but in the file: of others nothing is lost with it.</param>
internal sealed class UnsalvagedRecords(Func<long, bool> isInFileAlone)
{
    private readonly RangeSet _positions = new();

    /// <summary>Records that are lost, by device.</summary>
    public Dictionary<string, long> Records { get; } = [];

    /// <summary>Parked ones that are lost, by device.</summary>
    public Dictionary<string, long> Parked { get; } = [];

    public void Add(long position, string device)
    {
        _positions.Add(position, position);
        if (isInFileAlone(position))
        {
            Records[device] = Records.GetValueOrDefault(device) + 1;
        }
    }

    public void AddParked(string device) => Parked[device] = Parked.GetValueOrDefault(device) + 1;

    public bool Contains(long position) => _positions.Contains(position);
}
