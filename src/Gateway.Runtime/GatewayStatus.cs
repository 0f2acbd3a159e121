using System.Collections.ObjectModel;
using Gateway.Mqtt.Broker;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;

namespace Gateway.Runtime;

/// <summary>What the running gateway says of itself: the page, <c>gateway status</c> and the state topics are made from it.</summary>
public sealed record GatewayStatus
{
    /// <summary>The site's name.</summary>
    public required string Site { get; init; }

    /// <summary>The version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>When the data path was started, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The uplinks, in the order of the configuration; none if none is configured.</summary>
    public IReadOnlyList<UplinkStatus> Uplinks { get; init; } = [];

    /// <summary>What passes between the local broker and the upstream one; null if nothing is configured to.</summary>
    public BridgeStatus? Bridge { get; init; }

    /// <summary>The offline queue.</summary>
    public required QueueStatus Queue { get; init; }

    /// <summary>The local broker.</summary>
    public required BrokerStatus Broker { get; init; }

    /// <summary>The buses, in the order of the maps.</summary>
    public required IReadOnlyList<BusStatus> Buses { get; init; }

    /// <summary>How long after they were due the reads of the last minute began, on all buses together.</summary>
    public LatenessStatus Lateness { get; init; } = new(0, 0, 0);

    /// <summary>Values that were implausible and not published, since the start.</summary>
    public required long Suppressed { get; init; }

    /// <summary>Whether the times of readings can be believed: the machine's clock was synchronised since its start.</summary>
    public bool IsClockSynchronised { get; init; } = true;

    /// <summary>Why counts and states that outlive restarts are not on the disk at present; null if they are.</summary>
    public string? MemoryProblem { get; init; }

    /// <summary>Which configuration runs.</summary>
    public ConfigurationStatus Configuration { get; init; } = new(ConfigurationStatus.None, null);

    /// <summary>What is wrong with the configuration or a map; empty if nothing is. While it is not empty, the last good one runs.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>Which configuration runs, with its maps.</summary>
/// <param name="State"><see cref="Current"/>, <see cref="LastGood"/> or <see cref="None"/>.</param>
/// <param name="Since">When it was taken up first, UTC; null if nothing runs.</param>
public sealed record ConfigurationStatus(string State, DateTimeOffset? Since)
{
    /// <summary>The version of the program that took it up last; empty if nothing runs, or if that version did not say.</summary>
    public string Version { get; init; } = "";

    /// <summary>What is on the disk runs.</summary>
    public const string Current = "current";

    /// <summary>What is on the disk is not valid; what was valid last runs.</summary>
    public const string LastGood = "last-good";

    /// <summary>Nothing runs.</summary>
    public const string None = "none";
}

/// <summary>The connection to the upstream broker.</summary>
/// <param name="Url">Where it goes, without credentials.</param>
/// <param name="IsConnected">Whether it stands.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="Reason">Why not; null if it stands.</param>
/// <param name="Published">Messages that the upstream broker acknowledged since the start.</param>
/// <param name="Refused">Messages that it did not take and that were parked since the start.</param>
public sealed record UplinkStatus(string Url, bool IsConnected, DateTimeOffset Since, string? Reason, long Published, long Refused)
{
    /// <summary>Why the broker takes no messages though the connection stands; null if it takes them.</summary>
    public string? Hindrance { get; init; }

    /// <summary>What the broker that is connected promises less than was asked for; null: nothing.</summary>
    public string? Limit { get; init; }

    /// <summary>For what the backlog waits though the connection stands and the broker takes messages; null: for nothing.</summary>
    public string? Waits { get; init; }

    /// <summary>Messages on their way: sent, or about to be, and not acknowledged.</summary>
    public int InFlight { get; init; }

    /// <summary>What it is called.</summary>
    public string Name { get; init; } = UplinkOptions.DefaultName;

    /// <summary>Its brokers, the most wanted first.</summary>
    public IReadOnlyList<UplinkServerStatus> Servers { get; init; } = [];
}

/// <summary>One of an uplink's brokers.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="State">connected; ready: nothing is known against it; failed; answers: it failed and can be reached again.</param>
/// <param name="Reason">Why it failed last; null if it has not.</param>
/// <param name="Since">When it failed, or since when it answers again, UTC.</param>
public sealed record UplinkServerStatus(string Url, string State, string? Reason, DateTimeOffset? Since);

/// <summary>The bridge between the local broker and the upstream one.</summary>
/// <param name="Connection">The connection upstream; what it published went out.</param>
/// <param name="Received">Messages that came in since the start.</param>
/// <param name="Queue">The messages that wait to go out; dropped are those whose Message Expiry Interval has passed, too.</param>
/// <param name="NotQueued">Messages that did not go out: of QoS 0 entries while the upstream broker was away, and such as are too large.</param>
/// <param name="Looped">Messages that had been here before.</param>
public sealed record BridgeStatus(UplinkStatus Connection, long Received, QueueStatus Queue, long NotQueued, long Looped);

/// <summary>The offline queue.</summary>
/// <param name="Depth">Readings that wait.</param>
/// <param name="Bytes">What they take on the disk.</param>
/// <param name="Oldest">When the oldest was acquired; null if none waits.</param>
/// <param name="Dropped">Messages lost since the queue's file was begun, for whatever reason.</param>
/// <param name="Problem">What is wrong with the disk; null if nothing is.</param>
public sealed record QueueStatus(long Depth, long Bytes, DateTimeOffset? Oldest, long Dropped, string? Problem)
{
    /// <summary>Readings that arrived upstream in a second, in the last minute.</summary>
    public double Rate { get; init; }

    /// <summary>Hours until it is full if it goes on growing as in the last minute; null if it does not grow.</summary>
    public double? HoursLeft { get; init; }

    /// <summary>Written to the disk, bytes a day at the rate of the last hour, or of the time since the start where that is less; what the opening wrote is left out.</summary>
    public long WrittenPerDay { get; init; }

    /// <summary>Messages that an uplink's broker did not take, set aside.</summary>
    public long Parked { get; init; }

    /// <summary>The bridge's queue, where both are told of together; else, and without a bridge, null.</summary>
    public QueueStatus? Bridge { get; init; }

    /// <summary>How much waits for each uplink, in the order of the configuration.</summary>
    public IReadOnlyList<QueueUplinkStatus> Uplinks { get; init; } = [];

    /// <summary>Messages lost since the service was started.</summary>
    public long DroppedSinceStart { get; init; }

    /// <summary>The messages lost since the queue's file was begun, by device and reason.</summary>
    public IReadOnlyList<QueueDropStatus> Drops { get; init; } = [];
}

/// <summary>What of the queue waits for one uplink.</summary>
/// <param name="Name">The uplink.</param>
/// <param name="Depth">Readings, about.</param>
public sealed record QueueUplinkStatus(string Name, long Depth);

/// <summary>Messages of one device that were lost for one reason: readings, or with <c>per: device</c> polls, whatever they carried.</summary>
/// <param name="Device">The device; <c>$gone</c>: all that are in no map any more, or that a damaged file no longer tells.</param>
/// <param name="Reason">oldest, thinned, newest, blocked, expired, parked, unwritten, held or damaged.</param>
/// <param name="Count">How many.</param>
public sealed record QueueDropStatus(string Device, string Reason, long Count)
{
    /// <summary>Losses as the queue has them.</summary>
    public static IReadOnlyList<QueueDropStatus> Of(IEnumerable<QueueDrops> drops) => [.. drops.Select(each => new QueueDropStatus(each.Device, NameOf(each.Reason), each.Count))];

    /// <summary>The word for a reason.</summary>
    public static string NameOf(DropReason reason) => reason switch
    {
        DropReason.Oldest => "oldest",
        DropReason.Thinned => "thinned",
        DropReason.Newest => "newest",
        DropReason.Blocked => "blocked",
        DropReason.Parked => "parked",
        DropReason.Unwritten => "unwritten",
        DropReason.Held => "held",
        DropReason.Damaged => "damaged",
        _ => "expired",
    };
}

/// <summary>The local broker.</summary>
/// <param name="Listeners">Each listener and its state: <c>mqtt://127.0.0.1:1883</c>, or why it does not listen.</param>
/// <param name="Clients">Clients that are connected.</param>
public sealed record BrokerStatus(IReadOnlyList<string> Listeners, int Clients)
{
    /// <summary>Why sessions and retained messages are not on the disk at present; null if they are.</summary>
    public string? Problem { get; init; }

    /// <summary>What the broker did, holds, dropped and refused; null while there is none.</summary>
    public BrokerCounters? Counters { get; init; }

    /// <summary>What its clients may take; null while there is none.</summary>
    public BrokerLimits? Limits { get; init; }
}

/// <summary>One bus.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Utilisation">The share of the last minute that it was busy, 0 to 1.</param>
/// <param name="Polls">Reads that were answered.</param>
/// <param name="Failures">Reads that were not.</param>
/// <param name="Missed">Reads left out since the bus could not keep up.</param>
/// <param name="Devices">Its devices, in the order of the map.</param>
public sealed record BusStatus(string Name, double Utilisation, long Polls, long Failures, long Missed, IReadOnlyList<DeviceStatus> Devices)
{
    /// <summary>How long after they were due the reads of the last minute began.</summary>
    public LatenessStatus Lateness { get; init; } = new(0, 0, 0);

    /// <summary>Requests that failed since the start, by reason, the most frequent first; those that a repeat made good included.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = ReadOnlyDictionary<string, long>.Empty;
}

/// <summary>How long after they were due reads began.</summary>
/// <param name="MedianMilliseconds">Half of them were no later.</param>
/// <param name="P99Milliseconds">99 of 100 were no later.</param>
/// <param name="MaximumMilliseconds">The latest.</param>
public sealed record LatenessStatus(double MedianMilliseconds, double P99Milliseconds, double MaximumMilliseconds);

/// <summary>One device.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsOnline">Whether its last read was answered; null if it was not read yet.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="Reason">Why it is offline.</param>
/// <param name="Points">Its points, in the order of the map.</param>
public sealed record DeviceStatus(string Name, bool? IsOnline, DateTimeOffset? Since, string? Reason, IReadOnlyList<PointStatus> Points)
{
    /// <summary>Implausible values that were not published, since the device's map was read.</summary>
    public long Suppressed { get; init; }

    /// <summary>How often a value was taken as a new beginning, since it suited those that were suppressed: the meter was replaced or reset.</summary>
    public long Resets { get; init; }

    /// <summary>Requests to it that failed since the start, by reason, the most frequent first; those that a repeat made good included.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = ReadOnlyDictionary<string, long>.Empty;
}

/// <summary>One point with its last value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The value as text; null if there is none.</param>
/// <param name="Unit">Its unit of measurement.</param>
/// <param name="Quality">good, uncertain, bad or stale; null if it was not read yet.</param>
/// <param name="Reason">Why it is not good.</param>
/// <param name="Time">When it was acquired, UTC.</param>
/// <param name="IsWritable">Whether commands may write it.</param>
public sealed record PointStatus(string Name, string? Value, string? Unit, string? Quality, string? Reason, DateTimeOffset? Time, bool IsWritable);
