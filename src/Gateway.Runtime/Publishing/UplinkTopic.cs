using System.Text.Json;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Publishing;

/// <summary>The retained topic that tells those on site whether an uplink stands. Pure.</summary>
/// <param name="site">The first part of the topic.</param>
internal sealed class UplinkTopic(string site)
{
    /// <summary><c>{site}/$gateway/uplink</c>, with a name of its own <c>{site}/$gateway/uplink/{name}</c>,
    /// = <c>{"status":"away","url":"mqtt://broker:1883","since":…,"reason":"…"}</c>; <c>hindrance</c> says why a broker that is connected takes nothing, <c>limit</c> what it promises less than was asked for, <c>waits</c> for what the backlog waits on this side.</summary>
    /// <param name="uplink">How it stands.</param>
    /// <param name="isUnsynchronised">Whether the time since when cannot be believed.</param>
    public ApplicationMessage Of(UplinkStatus uplink, bool isUnsynchronised = false)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("status"u8, uplink.IsConnected ? "connected"u8 : "away"u8);
            json.WriteString("url"u8, uplink.Url);
            json.WriteString("since"u8, PayloadWriter.FormatTime(uplink.Since));
            if (isUnsynchronised)
            {
                json.WriteString("clock"u8, PayloadWriter.Unsynchronised);
            }

            if (uplink.Reason is { } reason)
            {
                json.WriteString("reason"u8, reason);
            }

            if (uplink.Hindrance is { } hindrance)
            {
                json.WriteString("hindrance"u8, hindrance);
            }

            if (uplink.Limit is { } limit)
            {
                json.WriteString("limit"u8, limit);
            }

            if (uplink.Waits is { } waits)
            {
                json.WriteString("waits"u8, waits);
            }

            json.WriteEndObject();
        }

        return new ApplicationMessage { Topic = NameOf(uplink.Name), Payload = output.ToArray(), QoS = QualityOfService.AtLeastOnce, Retain = true };
    }

    /// <summary>The topic of an uplink.</summary>
    public string NameOf(string uplink) => $"{site}/$gateway/uplink{(uplink == UplinkOptions.DefaultName ? "" : $"/{uplink}")}";
}
