namespace Gateway.Integration.Tests;

/// <summary>
/// What of a long run's readings arrived, by their keys, without keeping them. A gateway numbers what it accepts from 1 with each boot, so that a number
/// that is missing below the highest is a reading that was lost.
/// </summary>
internal sealed class ReadingTally
{
    private readonly Dictionary<int, Numbers> _boots = [];
    private readonly Dictionary<string, (int Boot, long Sequence)> _lastOfPoint = [];
    private readonly HashSet<(string Topic, int Boot)> _past = [];
    private string? _disorder;

    /// <summary>Readings, without their duplicates.</summary>
    public long Arrived { get; private set; }

    /// <summary>How many came once more.</summary>
    public long Duplicates { get; private set; }

    /// <summary>How many came, for the first time, after a later one of their point.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>How many did not come.</summary>
    public long Lost => _boots.Values.Sum(numbers => numbers.Highest - numbers.Through - numbers.Beyond.Count);

    public void Add(Published message)
    {
        // What a gateway tells of before its restart is no new reading.
        if (message.Id is not var (boot, sequence) || message.Payload.Contains("\"reason\":\"restart\"", StringComparison.Ordinal))
        {
            return;
        }

        if (!_boots.TryGetValue(boot, out var numbers))
        {
            _boots.Add(boot, numbers = new Numbers());
        }

        if (!numbers.Add(sequence))
        {
            Duplicates++;
            return;
        }

        Arrived++;
        // A boot that could not write its number down has one by chance: which is the later one tells only what came.
        if (_lastOfPoint.TryGetValue(message.Topic, out var last) && last.Boot != boot)
        {
            _past.Add((message.Topic, last.Boot));
        }

        if (_past.Contains((message.Topic, boot)) || (last.Boot == boot && last.Sequence > sequence))
        {
            OutOfOrder++;
            _disorder ??= $"the first {message.Topic} {boot}-{sequence} after {last.Boot}-{last.Sequence}";
        }

        _lastOfPoint[message.Topic] = (boot, sequence);
    }

    public override string ToString() => $"{Arrived} readings arrived, {Lost} lost, {Duplicates} duplicates, {OutOfOrder} out of order{(_disorder is null ? "" : $", {_disorder}")}";

    /// <summary>Which numbers of a boot came: all through one, and some beyond.</summary>
    private sealed class Numbers
    {
        public long Through { get; private set; }

        public long Highest { get; private set; }

        public HashSet<long> Beyond { get; } = [];

        public bool Add(long number)
        {
            if (number <= Through || !Beyond.Add(number))
            {
                return false;
            }

            Highest = Math.Max(Highest, number);
            while (Beyond.Remove(Through + 1))
            {
                Through++;
            }

            return true;
        }
    }
}
