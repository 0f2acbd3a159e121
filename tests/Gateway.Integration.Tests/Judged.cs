namespace Gateway.Integration.Tests;

/// <summary>What was told on site, and what of it arrived upstream.</summary>
/// <param name="Accepted">What a subscriber at the gateway's own broker heard.</param>
/// <param name="Arrived">What a subscriber upstream heard, duplicates included.</param>
internal sealed record Judged(IReadOnlyList<Published> Accepted, IReadOnlyList<Published> Arrived)
{
    private const string BacklogMark = ",\"backlog\":true";

    /// <summary>What arrived without its duplicates, in order.</summary>
    public required OrderedDictionary<(int Boot, long Sequence), Published> First { get; init; }

    /// <summary>What was accepted and did not arrive.</summary>
    public IReadOnlyList<Published> Lost => [.. Accepted.Where(reading => !First.ContainsKey(reading.Id!.Value))];

    public static Judged Of(IReadOnlyList<Published> accepted, IReadOnlyList<Published> arrived)
    {
        OrderedDictionary<(int, long), Published> first = [];
        foreach (var reading in arrived)
        {
            first.TryAdd(reading.Id!.Value, reading);
        }

        return new Judged(accepted, arrived) { First = first };
    }

    /// <summary>
    /// What arrived is what was accepted, byte for byte, but for the mark of the backlog: value, quality and the time of the acquisition. So are its duplicates.
    /// </summary>
    public void AssertSame()
    {
        var accepted = Accepted.DistinctBy(reading => reading.Id).ToDictionary(reading => reading.Id!.Value);
        foreach (var there in Arrived)
        {
            if (accepted.TryGetValue(there.Id!.Value, out var reading))
            {
                Assert.Equal((reading.Topic, reading.Payload), (there.Topic, there.Payload.Replace(BacklogMark, "", StringComparison.Ordinal)));
            }
        }
    }

    /// <summary>Without its duplicates, which say the same once more, each point's readings stand in order of acquisition.</summary>
    public void AssertInOrder()
    {
        Assert.All(Arrived.GroupBy(r => r.Id), same => Assert.Single(same.Select(r => r.Payload).Distinct()));
        foreach (var point in First.Values.GroupBy(r => r.Topic))
        {
            var ids = point.Select(r => r.Id!.Value).ToList();
            Assert.Equal(ids.Order(), ids);
            var times = point.Select(r => r.Time).ToList();
            Assert.Equal(times.Order(), times);
        }
    }

    /// <summary>Without its duplicates, what was live and what was backlog each stand in order of acquisition.</summary>
    public void AssertInOrderPerLane()
    {
        foreach (var lane in First.Values.GroupBy(reading => (reading.Topic, reading.Has("backlog"))))
        {
            var ids = lane.Select(reading => reading.Id!.Value).ToList();
            Assert.Equal(ids.Order(), ids);
        }
    }

    public override string ToString() =>
        $"{Accepted.Select(r => r.Id).Distinct().Count()} readings accepted, {First.Count} arrived, {Lost.Count} lost, {Arrived.Count - First.Count} duplicates";
}
