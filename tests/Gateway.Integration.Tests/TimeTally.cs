using System.Globalization;
using System.Text.Json;

namespace Gateway.Integration.Tests;

/// <summary>
/// What the times of a long run's readings are worth, where the value is the milliseconds since the gateway began to read (<c>counter(0, 1000)</c>): time less value is one
/// moment for all readings of a boot, but for the whole days by which the test has set the clock, and for what is marked, which has the time of a machine that does not know it.
/// </summary>
/// <param name="wrong">What the clock is ahead by while it is not synchronised.</param>
internal sealed class TimeTally(TimeSpan wrong)
{
    private readonly Dictionary<int, (DateTimeOffset First, DateTimeOffset Last)> _origins = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _unknown = [];
    private string? _error;

    /// <summary>Readings of before the clock was synchronised that came with their right time.</summary>
    public long Corrected { get; private set; }

    /// <summary>Those that came with a mark.</summary>
    public long Marked { get; private set; }

    /// <summary>How many had a wrong time, and no mark, or a mark, and not the time of the machine.</summary>
    public long Wrong { get; private set; }

    /// <summary>How far the times of a boot are from each other's.</summary>
    public TimeSpan Spread => _origins.Values.Select(origin => origin.Last - origin.First).DefaultIfEmpty().Max();

    /// <summary>When the gateway began to read, boot by boot.</summary>
    public IEnumerable<DateTimeOffset> Origins => _origins.Values.Select(origin => origin.First);

    /// <summary>Then the clock was not synchronised.</summary>
    public void SetUnknown(DateTimeOffset from, DateTimeOffset to) => _unknown.Add((from, to));

    public void Add(Published reading)
    {
        var json = JsonElement.Parse(reading.Payload);
        if (json.GetProperty("value") is not { ValueKind: JsonValueKind.Number } value || value.GetRawText() == SoakPlant.Constant)
        {
            return;
        }

        var isMarked = json.TryGetProperty("clock", out var clock) && clock.GetString() == "unsynchronised";
        var elapsed = TimeSpan.FromMilliseconds(value.GetDouble());
        var origin = DateTimeOffset.Parse(json.GetProperty("time").GetString()!, CultureInfo.InvariantCulture) - elapsed - (isMarked ? wrong : TimeSpan.Zero);
        var days = Math.Round((origin - TimeProvider.System.GetUtcNow()).TotalDays);
        if (Math.Abs(days) > (isMarked ? 0 : 1))
        {
            Wrong++;
            _error ??= reading.Payload;
            return;
        }

        origin -= TimeSpan.FromDays(days);
        var (first, last) = _origins.GetValueOrDefault(reading.Id!.Value.Boot, (origin, origin));
        _origins[reading.Id.Value.Boot] = (origin < first ? origin : first, origin > last ? origin : last);
        Marked += isMarked ? 1 : 0;
        Corrected += !isMarked && _unknown.Any(span => origin + elapsed > span.From && origin + elapsed < span.To) ? 1 : 0;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Corrected} of before the clock was synchronised corrected, {Marked} marked, {Wrong} with a wrong time{(_error is null ? "" : $", {_error}")}, times to within {Spread.TotalMilliseconds:F0} ms");
}
