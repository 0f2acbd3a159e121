using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial;

/// <summary>A request that waits for its answer: the first frame that says something of one of its points.</summary>
internal sealed class Transaction(IReadOnlyCollection<PointDefinition> points)
{
    private readonly TaskCompletionSource<Answer?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer; null if the port failed before it came.</summary>
    public Task<Answer?> Answered => _answer.Task;

    public void OnHeard(IReadOnlyList<DecodedValue> values, DateTimeOffset time)
    {
        var wanted = values.Where(value => points.Contains(value.Point)).ToArray();
        if (wanted.Length > 0)
        {
            _answer.TrySetResult(new Answer(wanted, time));
        }
    }

    public void Abandon() => _answer.TrySetResult(null);
}

/// <summary>What a device answered.</summary>
/// <param name="Values">The values of the points that were asked for.</param>
/// <param name="Time">When the answer came, UTC.</param>
internal sealed record Answer(IReadOnlyList<DecodedValue> Values, DateTimeOffset Time);
