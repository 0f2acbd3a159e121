using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Bridging;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Publishing;
using Gateway.Storage;
using Gateway.Storage.Queue;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway queue export</c>: what waits, as the messages that it would become, a line of JSON each.</summary>
internal static class QueueExport
{
    /// <summary>
    /// Writes <c>{"topic":"plant1/boiler/flow","payload":{"value":21.5,…}}</c> for each record, and for each of the bridge's
    /// <c>{"queue":"bridge","topic":"lamp","qos":1,"payload":"on"}</c>, of what is no text <c>"base64":"…"</c> instead.
    /// </summary>
    /// <returns>How many.</returns>
    public static long Write(string configurationPath, string dataFolder, bool isParked, TextWriter output)
    {
        var encoder = CreateEncoder(configurationPath);
        var written = 0L;
        try
        {
            if (!TryRead(DataFolder.QueuePath(dataFolder), isParked, record => written += WriteReading(encoder, record, output)))
            {
                throw QueueCommand.NoQueue(dataFolder);
            }

            TryRead(DataFolder.BridgePath(dataFolder), isParked, record => written += WriteBridged(record, output));
        }
        catch (StorageException exception)
        {
            throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
        }

        return written;
    }

    // False: there is no queue.
    private static bool TryRead(string folder, bool isParked, Action<QueueRecord> take)
    {
        if (!isParked)
        {
            return QueueInspector.ReadAll(folder, take);
        }

        var parked = QueueInspector.ListParked(folder);
        foreach (var each in parked ?? [])
        {
            take(each.Record);
        }

        return parked is not null;
    }

    private static int WriteReading(MessageEncoder encoder, QueueRecord record, TextWriter output)
    {
        if (encoder.Encode(record) is not { } message)
        {
            return 0;
        }

        output.WriteLine($"{{\"topic\":{Quote(message.Topic)},\"payload\":{Encoding.UTF8.GetString(message.Payload.Span)}}}");
        return 1;
    }

    // Whether it has expired by now is not asked.
    private static int WriteBridged(QueueRecord record, TextWriter output)
    {
        if (BridgeRecord.Decode(record, age: null, out _) is not { } message)
        {
            return 0;
        }

        var payload = Utf8.IsValid(message.Payload.Span)
            ? $"\"payload\":{Quote(Encoding.UTF8.GetString(message.Payload.Span))}"
            : $"\"base64\":\"{Convert.ToBase64String(message.Payload.Span)}\"";
        output.WriteLine($"{{\"queue\":\"{QueuedRow.Bridge}\",\"topic\":{Quote(message.Topic)},\"qos\":{(int)message.QoS},{payload}}}");
        return 1;
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text, StatusJson.Lines.String);

    // The site and the topics are those of the configuration; the payload is always the one that has everything.
    private static MessageEncoder CreateEncoder(string configurationPath)
    {
        var (options, diagnostics) = new ConfigurationLoader(new DiskFiles()).Load(configurationPath);
        return options is null
            ? throw CommandException.Failed($"the topics are not known: {diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)}")
            : new MessageEncoder(options.Site, options.Publish.AtLocalBroker() with { Format = PayloadStyle.Json }, QualityOfService.AtLeastOnce);
    }
}
