using System.Globalization;
using Gateway.Runtime;
using Gateway.Runtime.Configuration;

namespace Gateway.Web;

/// <summary>The words for a state, the same on the page and in the terminal.</summary>
internal static class StatusText
{
    /// <summary>What it means that the clock is not synchronised.</summary>
    public const string ClockUnsynchronised = "not synchronised since the machine started: readings are marked, and those that wait are corrected once it is";

    /// <summary><c>connected since 3 min</c>, <c>away since 2 h: connection refused</c></summary>
    public static string Describe(UplinkStatus uplink, DateTimeOffset now) => uplink.IsConnected
        ? $"connected since {Age(uplink.Since, now)}{(uplink.Hindrance is { } hindrance ? $", refuses messages ({hindrance})" : "")}{(uplink.Waits is { } waits ? $"; {waits}" : "")}"
        : $"away since {Age(uplink.Since, now)}{Because(uplink.Reason)}";

    /// <summary><c>mqtt://b:1883 answers since 3 min; mqtt://c:1883 ready</c>: the brokers of an uplink beside the one that it is connected to; null: there are none.</summary>
    public static string? DescribeServers(UplinkStatus uplink, DateTimeOffset now) => uplink.Servers.Count < 2 ? null : string.Join("; ", uplink.Servers.Where(server => server.State != "connected").Select(server =>
        $"{server.Url} {server.State}{(server.Since is { } since ? $" since {Age(since, now)}" : "")}{(server.State == "failed" ? Because(server.Reason) : "")}"));

    /// <summary>What people call an uplink: its name where there are several.</summary>
    public static string NameOf(UplinkStatus uplink) => uplink.Name == UplinkOptions.DefaultName ? "uplink" : $"uplink {uplink.Name}";

    /// <summary><c>12 readings wait (4.1 kB), the oldest since 3 min</c></summary>
    public static string Describe(QueueStatus queue, DateTimeOffset now, string what = "reading")
    {
        var waiting = queue.Depth switch
        {
            0 => "empty",
            1 => $"1 {what} waits",
            _ => string.Create(CultureInfo.InvariantCulture, $"{queue.Depth} {what}s wait"),
        };
        var oldest = queue is { Depth: > 0, Oldest: { } time } ? $", the oldest since {Age(time, now)}" : "";
        var dropped = queue.Dropped > 0 ? string.Create(CultureInfo.InvariantCulture, $", {queue.Dropped} dropped") : "";
        var rate = queue is { Depth: > 0, Rate: > 0 } ? string.Create(CultureInfo.InvariantCulture, $", {queue.Rate:0.#}/s leave") : "";
        var left = queue.HoursLeft is 0 ? ", full" : queue.HoursLeft is { } hours ? string.Create(CultureInfo.InvariantCulture, $", full in {hours:0.#} h") : "";
        var parked = queue.Parked > 0 ? string.Create(CultureInfo.InvariantCulture, $", {queue.Parked} parked") : "";
        var uplinks = queue is { Depth: > 0, Uplinks.Count: > 1 }
            ? string.Concat(queue.Uplinks.Select(uplink => string.Create(CultureInfo.InvariantCulture, $", {uplink.Depth} for {uplink.Name}")))
            : "";
        return $"{waiting} ({Size(queue.Bytes)} on disk{oldest}{rate}{left}{dropped}{parked}{uplinks}){Because(queue.Problem)}";
    }

    /// <summary>What it means that counts and states cannot be written.</summary>
    public static string DescribeMemory(string problem) => $"counts and states of outputs are kept in memory only: {problem}";

    /// <summary>What it means that the broker's file cannot be written; empty if it can.</summary>
    public static string DescribeStore(BrokerStatus broker) => broker.Problem is { } problem ? $"; sessions and retained messages are not on the disk: {problem}" : "";

    /// <summary><c>120 out, 3 in, 1 refused, 2 not queued, 1 came back</c>; what is 0 is left out but for the first two.</summary>
    public static string DescribeCounts(BridgeStatus bridge)
    {
        var counts = string.Create(CultureInfo.InvariantCulture, $"{bridge.Connection.Published} out, {bridge.Received} in");
        foreach (var (count, what) in new[] { (bridge.Connection.Refused, "refused"), (bridge.NotQueued, "not queued"), (bridge.Looped, "came back") })
        {
            counts += count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {count} {what}");
        }

        return counts;
    }

    /// <summary><c>online</c>, <c>offline: timeout</c>, <c>not read yet</c></summary>
    public static string Describe(DeviceStatus device) => device.IsOnline switch
    {
        true => "online",
        false => $"offline{Because(device.Reason)}",
        null => "not read yet",
    };

    /// <summary><c>0.3 ms (median), 4 ms (p99), 31 ms (most)</c></summary>
    public static string Describe(LatenessStatus lateness) => string.Create(
        CultureInfo.InvariantCulture,
        $"{lateness.MedianMilliseconds:0.#} ms (median), {lateness.P99Milliseconds:0.#} ms (p99), {lateness.MaximumMilliseconds:0.#} ms (most)");

    /// <summary><c>12 timeout, 3 crc</c>; <c>none</c></summary>
    public static string DescribeErrors(IReadOnlyDictionary<string, long> errors) => errors.Count == 0
        ? "none"
        : string.Join(", ", errors.Select(error => string.Create(CultureInfo.InvariantCulture, $"{error.Value} {error.Key}")));

    /// <summary><c>good</c>, <c>bad: timeout</c>, <c>not read yet</c></summary>
    public static string DescribeQuality(PointStatus point) => point.Quality is null ? "not read yet" : $"{point.Quality}{Because(point.Reason)}";

    /// <summary><c>21.5 °C</c>; a dash if there is no value.</summary>
    public static string DescribeValue(PointStatus point) => (point.Value, point.Unit) switch
    {
        (null, _) => "–",
        (var value, null) => value,
        var (value, unit) => $"{value} {unit}",
    };

    /// <summary>The time since then in its largest fitting unit: <c>0.4 s</c>, <c>12 s</c>, <c>3 min</c>, <c>5 h</c>, <c>2 d</c>.</summary>
    public static string Age(DateTimeOffset then, DateTimeOffset now)
    {
        var age = now > then ? now - then : TimeSpan.Zero;
        FormattableString text = age.TotalSeconds switch
        {
            < 10 => $"{age.TotalSeconds:0.0} s",
            < 100 => $"{age.TotalSeconds:0} s",
            < 100 * 60 => $"{age.TotalMinutes:0} min",
            < 48 * 3600 => $"{age.TotalHours:0} h",
            _ => $"{age.TotalDays:0} d",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Bytes in powers of ten: <c>512 B</c>, <c>4.1 kB</c>, <c>12.0 MB</c>.</summary>
    public static string Size(long bytes)
    {
        FormattableString text = bytes switch
        {
            < 1_000 => $"{bytes} B",
            < 1_000_000 => $"{bytes / 1e3:0.0} kB",
            < 1_000_000_000 => $"{bytes / 1e6:0.0} MB",
            _ => $"{bytes / 1e9:0.0} GB",
        };
        return text.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A share as per cent: <c>37 %</c>.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");

    private static string Because(string? reason) => reason is null ? "" : $": {reason}";
}
