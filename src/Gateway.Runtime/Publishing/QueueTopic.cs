using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Publishing;

/// <summary>The retained topics that tell what the offline queue lost and whether its disk works, and how much waits in it. Pure.</summary>
/// <param name="site">The first part of the topics.</param>
internal sealed class QueueTopic(string site)
{
    /// <summary>How much waits.</summary>
    public string DepthTopic => $"{site}/$gateway/queue/depth";

    /// <summary><c>{site}/$gateway/queue</c> = <c>{"dropped":3,"drops":{"boiler":{"oldest":3}},"parked":0,"problem":null}</c></summary>
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
            json.WriteNumber("parked"u8, queue.Parked);
            json.WriteString("problem"u8, queue.Problem);
            json.WriteEndObject();
        }

        return new ApplicationMessage { Topic = $"{site}/$gateway/queue", Payload = output.ToArray(), QoS = QualityOfService.AtLeastOnce, Retain = true };
    }

    /// <summary><c>{site}/$gateway/queue/depth</c> = <c>17</c></summary>
    public ApplicationMessage OfDepth(QueueStatus queue) => new()
    {
        Topic = DepthTopic,
        Payload = Encoding.ASCII.GetBytes(queue.Depth.ToString(CultureInfo.InvariantCulture)),
        QoS = QualityOfService.AtLeastOnce,
        Retain = true,
    };
}
