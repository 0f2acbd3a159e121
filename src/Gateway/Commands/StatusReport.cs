using System.Globalization;
using Gateway.Runtime;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary>One line of what is said of a gateway.</summary>
/// <param name="Label">What it is about, short.</param>
/// <param name="Text">What is said.</param>
/// <param name="LookAt">What of it wants somebody's eye; null: it is as it should be.</param>
internal sealed record StatusLine(string Label, string Text, string? LookAt = null)
{
    /// <summary>Whether somebody should look.</summary>
    public bool IsToLookAt => LookAt is not null;

    /// <summary>What at.</summary>
    public string Topic => LookAt ?? Label;
}

/// <summary>What is said of a gateway before its buses and devices are listed. Pure.</summary>
internal static class StatusReport
{
    /// <summary>The lines, the most urgent first.</summary>
    public static IReadOnlyList<StatusLine> Describe(GatewayStatus status, DateTimeOffset now)
    {
        List<StatusLine> lines = [.. status.Problems.Select(problem => new StatusLine("problem", problem, "configuration"))];
        if (status.Configuration is { State: ConfigurationStatus.LastGood, Since: { } since, Version: var version })
        {
            var taker = version.Length > 0 && version != status.Version ? $", taken up by {version}" : "";
            lines.Add(new("config", $"the last good one runs, of {StatusText.Age(since, now)} ago{taker}: what is on the disk is not valid", "configuration"));
        }

        var devices = status.Buses.SelectMany(bus => bus.Devices).ToList();
        var offline = devices.Where(device => device.IsOnline == false).Select(device => device.Name).ToList();
        lines.Add(offline.Count == 0
            ? new("devices", string.Create(CultureInfo.InvariantCulture, $"{devices.Count}, {devices.Count(device => device.IsOnline == true)} online"))
            : new("devices", string.Create(CultureInfo.InvariantCulture, $"{offline.Count} of {devices.Count} offline: {string.Join(", ", offline.Take(5))}{(offline.Count > 5 ? ", …" : "")}"), "devices"));
        foreach (var uplink in status.Uplinks)
        {
            var isWell = uplink is { IsConnected: true, Hindrance: null };
            lines.Add(new(StatusText.NameOf(uplink), $"{uplink.Url} {StatusText.Describe(uplink, now)}", isWell ? null : StatusText.NameOf(uplink)));
            if (StatusText.DescribeServers(uplink, now) is { } servers)
            {
                lines.Add(new("", servers));
            }
        }

        if (status.Uplinks.Count == 0)
        {
            lines.Add(new("uplink", "none"));
        }

        lines.Add(new("queue", StatusText.Describe(status.Queue, now), IsWell(status.Queue) ? null : "queue"));
        if (!status.IsClockSynchronised)
        {
            lines.Add(new("clock", StatusText.ClockUnsynchronised, "clock"));
        }

        if (status.MemoryProblem is { } trouble)
        {
            lines.Add(new("memory", StatusText.DescribeMemory(trouble), "memory"));
        }

        if (status.Bridge is { } bridge)
        {
            lines.Add(new(
                "bridge",
                $"{bridge.Connection.Url} {StatusText.Describe(bridge.Connection, now)}; {StatusText.DescribeCounts(bridge)}; {StatusText.Describe(bridge.Queue, now, "message")}",
                bridge.Connection is { IsConnected: true, Hindrance: null } && IsWell(bridge.Queue) ? null : "bridge"));
        }

        // A listener is its address, or a sentence that says why it is not there.
        var troubled = status.Broker.Listeners.Any(listener => listener.Contains(' ', StringComparison.Ordinal));
        lines.Add(new(
            "broker",
            string.Create(CultureInfo.InvariantCulture, $"{(status.Broker.Listeners.Count == 0 ? "no listener" : string.Join(", ", status.Broker.Listeners))} (clients: {status.Broker.Clients}){StatusText.DescribeStore(status.Broker)}"),
            troubled || status.Broker.Problem is not null ? "broker" : null));
        return lines;
    }

    private static bool IsWell(QueueStatus queue) => queue is { DroppedSinceStart: 0, Parked: 0, Problem: null, HoursLeft: null or > 24 };
}
