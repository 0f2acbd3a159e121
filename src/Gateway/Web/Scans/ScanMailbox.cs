using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Web.Scans;

/// <summary>How far a scan is.</summary>
/// <param name="Done">What was asked.</param>
/// <param name="Total">The most that there will be, as is known now.</param>
/// <param name="Where">What is asked now.</param>
internal sealed record ScanProgress(int Done, int Total, string Where);

/// <summary>How a scan ended.</summary>
/// <param name="Found">How many were found.</param>
/// <param name="Error">Why it ended before it was through, or found nothing; null: it is through.</param>
/// <param name="Map">What to write into a map; null: nothing.</param>
internal sealed record ScanEnd(int Found, string? Error, string? Map);

/// <summary>
/// What a scan has to say to whoever waits for it: all that it found, and of its progress the newest. As large as what is found, which the bus bounds.
/// Thread-safe.
/// </summary>
internal sealed class ScanMailbox
{
    private readonly Lock _gate = new();
    private List<JsonElement> _found = [];
    private ScanProgress? _progress;

    /// <summary>How many were found.</summary>
    public int Found { get; private set; }

    /// <summary>What to write into a map; null: nothing is known of that.</summary>
    public string? Map { get; set; }

    /// <summary>Something was found.</summary>
    public void Add<T>(T find, JsonTypeInfo<T> type)
    {
        lock (_gate)
        {
            Found++;
            _found.Add(JsonSerializer.SerializeToElement(find, type));
        }
    }

    /// <summary>The scan is that far.</summary>
    public void Tell(int done, int total, string where)
    {
        lock (_gate)
        {
            _progress = new ScanProgress(done, total, where);
        }
    }

    /// <summary>What came since the last time.</summary>
    public (IReadOnlyList<JsonElement> Found, ScanProgress? Progress) Take()
    {
        lock (_gate)
        {
            var taken = (_found, _progress);
            (_found, _progress) = ([], null);
            return taken;
        }
    }
}

/// <summary>A line of the answer to a scan: one of its members.</summary>
internal sealed record ScanLine
{
    /// <summary>How far it is.</summary>
    public ScanProgress? Progress { get; init; }

    /// <summary>Something that was found, as <c>gateway scan --json</c> prints it.</summary>
    public JsonElement? Found { get; init; }

    /// <summary>How it ended.</summary>
    public ScanEnd? End { get; init; }
}
