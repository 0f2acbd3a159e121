using System.Text.Json;
using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Publishing;

/// <summary>The retained topic that tells what the offline queue lost and whether its disk works. Pure.</summary>
/// <param name="site">The first part of the topic.</param>
internal sealed class QueueTopic(string site)
{
    /// <summary><c>{site}/$gateway/queue</c> = <c>{"dropped":3,"drops":{"boiler":{"oldest":3}},"problem":null}</c></summary>
    public ApplicationMessage Of(QueueStatus queue)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber("dropped"u8, queue.Dropped);
            json.WriteStartObject("drops"u8);
            foreach (var device in queue.Drops.GroupBy(drops => drops.Device).OrderBy(device => device.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject(device.Key);
                foreach (var drops in device)
                {
                    json.WriteNumber(drops.Reason, drops.Count);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteString("problem"u8, queue.Problem);
            json.WriteEndObject();
        }

        return new ApplicationMessage { Topic = $"{site}/$gateway/queue", Payload = output.ToArray(), QoS = QualityOfService.AtLeastOnce, Retain = true };
    }
}
