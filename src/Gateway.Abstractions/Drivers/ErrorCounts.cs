using System.Collections.Concurrent;

namespace Gateway.Abstractions.Drivers;

/// <summary>
/// What went wrong on a bus, counted by device and reason. A driver counts every request that fails, those that a repeat
/// made good included: a line with a loose contact shows here before any value is lost. Thread-safe.
/// </summary>
public sealed class ErrorCounts
{
    /// <summary>What is counted when a device has more reasons than <see cref="MaxReasons"/>.</summary>
    public const string Other = "other";

    /// <summary>Reasons per device that are told apart.</summary>
    public const int MaxReasons = 64;

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, StrongCount>> _devices = [];

    /// <summary>Counts one failed request.</summary>
    /// <param name="deviceName">The device that was asked.</param>
    /// <param name="reason">Why it failed, a short lower-case term such as <c>timeout</c>.</param>
    public void Count(string deviceName, string reason) => Count(deviceName, reason, 1);

    /// <summary>Counts what failed at once.</summary>
    /// <param name="deviceName">The device that was asked.</param>
    /// <param name="reason">As for one.</param>
    /// <param name="times">How often; at least one.</param>
    public void Count(string deviceName, string reason, int times)
    {
        var reasons = _devices.GetOrAdd(deviceName, static _ => []);
        if (!reasons.TryGetValue(reason, out var count))
        {
            count = reasons.GetOrAdd(reasons.Count < MaxReasons ? reason : Other, static _ => new());
        }

        Interlocked.Add(ref count.Value, times);
    }

    /// <summary>The counts of one device since the bus was started, the most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Of(string deviceName) =>
        _devices.TryGetValue(deviceName, out var reasons) ? Sum([reasons]) : [];

    /// <summary>The counts of all devices together, the most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Total() => Sum(_devices.Values);

    private static List<KeyValuePair<string, long>> Sum(IEnumerable<ConcurrentDictionary<string, StrongCount>> devices) =>
    [
        .. devices
            .SelectMany(reasons => reasons)
            .GroupBy(pair => pair.Key, pair => Interlocked.Read(ref pair.Value.Value))
            .Select(reason => KeyValuePair.Create(reason.Key, reason.Sum()))
            .OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal),
    ];

    private sealed class StrongCount
    {
        public long Value;
    }
}
