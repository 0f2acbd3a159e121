using System.Globalization;
using System.Text.Json;
using Gateway.Storage.Queue;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary>A parked message, for people and programs.</summary>
/// <param name="Uplink">Whose broker did not take it.</param>
/// <param name="Device">The device; of the bridge, the entry that it fits.</param>
/// <param name="Point">The point; empty for a message of the whole device; of the bridge, the topic.</param>
/// <param name="Time">When it was acquired, UTC.</param>
/// <param name="Key">Boot and sequence, the end of its <c>id</c>.</param>
/// <param name="Bytes">Its length in the queue.</param>
/// <param name="Reason">Why.</param>
internal sealed record ParkedRow(string Uplink, string Device, string Point, DateTimeOffset Time, string Key, int Bytes, string Reason)
{
    public static ParkedRow Of(ParkedRecord parked, string uplink) => new(
        uplink,
        parked.Record.Device,
        parked.Record.Point,
        parked.Record.Time,
        string.Create(CultureInfo.InvariantCulture, $"{parked.Record.Boot}-{parked.Record.Sequence:D6}"),
        parked.Record.Body.Length,
        parked.Reason);
}

/// <summary>What waits for one device, for people and programs.</summary>
/// <param name="Queue">Which queue: <see cref="Readings"/> or <see cref="Bridge"/>.</param>
/// <param name="Device">The device; of the bridge, the entry that the messages fit.</param>
/// <param name="Records">How many.</param>
/// <param name="OldestTime">When the oldest was acquired, UTC.</param>
/// <param name="NewestTime">When the newest was acquired, UTC.</param>
internal sealed record QueuedRow(string Queue, string Device, long Records, DateTimeOffset OldestTime, DateTimeOffset NewestTime)
{
    /// <summary>The gateway's own.</summary>
    public const string Readings = "readings";

    /// <summary>Other devices' messages.</summary>
    public const string Bridge = "bridge";

    public static QueuedRow Of(QueuedDevice device, string queue) => new(queue, device.Device, device.Records, device.OldestTime, device.NewestTime);
}

/// <summary>Prints what is in a queue.</summary>
internal static class QueueView
{
    public static void PrintParked(TextWriter output, IReadOnlyList<ParkedRow> rows, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(rows, StatusJson.Readable.IReadOnlyListParkedRow));
            return;
        }

        var table = new TableView("uplink", "device", "point", "time", "key", "size", "reason");
        foreach (var row in rows)
        {
            table.AddRow(row.Uplink, row.Device, row.Point, Time(row.Time), row.Key, StatusText.Size(row.Bytes), row.Reason);
        }

        table.Write(output);
        if (rows.Count == 0)
        {
            output.WriteLine("nothing is parked");
        }
    }

    public static void PrintDevices(TextWriter output, IReadOnlyList<QueuedRow> devices, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(devices, StatusJson.Readable.IReadOnlyListQueuedRow));
            return;
        }

        var table = new TableView("queue", "device", "records", "oldest", "newest");
        foreach (var device in devices)
        {
            table.AddRow(device.Queue, device.Device, device.Records.ToString(CultureInfo.InvariantCulture), Time(device.OldestTime), Time(device.NewestTime));
        }

        table.Write(output);
        if (devices.Count == 0)
        {
            output.WriteLine("nothing waits on the disk");
        }
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
