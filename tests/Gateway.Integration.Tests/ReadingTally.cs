namespace Gateway.Integration.Tests;

/// <summary>
/// What of a long run's readings arrived, by their keys, without keeping them. A gateway numbers what it accepts from 1 with each boot, so that a number
/// that is missing below the highest is a reading that was lost. What was live and what was backlog, marked so with <c>live-first</c>, each have an order of their own.
/// </summary>
internal sealed class ReadingTally
{
    private readonly Dictionary<int, Numbers> _boots = [];
    private readonly Dictionary<(string Topic, bool IsBacklog), (int Boot, long Sequence)> _lastOfLane = [];
    private readonly HashSet<(string Topic, bool IsBacklog, int Boot)> _past = [];
    private readonly HashSet<(int Boot, long Sequence)> _excused = [];
    private string? _disorder;

    /// <summary>Readings, without their duplicates.</summary>
    public long Arrived { get; private set; }

    /// <summary>How many came once more.</summary>
    public long Duplicates { get; private set; }

    /// <summary>How many came, for the first time, after a later one of their point.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>How many did not come.</summary>
    public long Lost => _boots.Values.Sum(numbers => numbers.Highest - numbers.Through - numbers.Beyond.Count);

    /// <summary>How many did not come, and need not.</summary>
    public long Excused => _excused.Count;

    /// <summary>A page with these on it is lost: those that did not come before need not come any more.</summary>
    public void Excuse(IEnumerable<(int Boot, long Sequence)> keys)
    {
        foreach (var (boot, sequence) in keys)
        {
            if (NumbersOf(boot).Add(sequence))
            {
                _excused.Add((boot, sequence));
            }
        }
    }

    /// <summary>All through this one were accepted, whether or not a later one comes.</summary>
    public void Expect((int Boot, long Sequence) key) => NumbersOf(key.Boot).Expect(key.Sequence);

    /// <summary>A message came.</summary>
    /// <returns>Whether it is a reading, and had not come before.</returns>
    public bool Add(Published message)
    {
        // What a gateway tells of before its restart is no new reading.
        if (message.Id is not var (boot, sequence) || message.Payload.Contains("\"reason\":\"restart\"", StringComparison.Ordinal))
        {
            return false;
        }

        if (!NumbersOf(boot).Add(sequence) && !_excused.Remove((boot, sequence)))
        {
            Duplicates++;
            return false;
        }

        Arrived++;
        (string Topic, bool IsBacklog) lane = (message.Topic, message.Payload.Contains("\"backlog\":true", StringComparison.Ordinal));

        // A boot that could not write its number down has one by chance: which is the later one tells only what came.
        if (_lastOfLane.TryGetValue(lane, out var last) && last.Boot != boot)
        {
            _past.Add((lane.Topic, lane.IsBacklog, last.Boot));
        }

        if (_past.Contains((lane.Topic, lane.IsBacklog, boot)) || (last.Boot == boot && last.Sequence > sequence))
        {
            OutOfOrder++;
            _disorder ??= $"the first {message.Topic} {boot}-{sequence} after {last.Boot}-{last.Sequence}";
        }

        _lastOfLane[lane] = (boot, sequence);
        return true;
    }

    public override string ToString() => $"{Arrived} readings arrived, {Lost} lost, {Excused} on lost pages, {Duplicates} duplicates, {OutOfOrder} out of order{(_disorder is null ? "" : $", {_disorder}")}";

    private Numbers NumbersOf(int boot) => _boots.TryGetValue(boot, out var numbers) ? numbers : _boots[boot] = new Numbers();

    /// <summary>Which numbers of a boot came: all through one, and some beyond.</summary>
    private sealed class Numbers
    {
        public long Through { get; private set; }

        public long Highest { get; private set; }

        public HashSet<long> Beyond { get; } = [];

        public void Expect(long number) => Highest = Math.Max(Highest, number);

        public bool Add(long number)
        {
            if (number <= Through || !Beyond.Add(number))
            {
                return false;
            }

            Expect(number);
            while (Beyond.Remove(Through + 1))
            {
                Through++;
            }

            return true;
        }
    }
}
