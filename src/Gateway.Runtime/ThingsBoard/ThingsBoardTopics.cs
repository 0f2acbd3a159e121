using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.ThingsBoard;

/// <summary>What a message from ThingsBoard is about.</summary>
internal enum ThingsBoardMessage
{
    /// <summary>Nothing that is known.</summary>
    Other,

    /// <summary>A call.</summary>
    Rpc,

    /// <summary>Shared attributes that have changed.</summary>
    SharedAttributes,

    /// <summary>Attributes that were asked for.</summary>
    AttributeResponse,
}

/// <summary>The topics of ThingsBoard's MQTT gateway API, or of its device API, and the messages to them. Pure.</summary>
/// <param name="isGatewayApi">Whether each device is one of ThingsBoard's; else the gateway is the only one, and names are <c>DEVICE.POINT</c>.</param>
internal sealed class ThingsBoardTopics(bool isGatewayApi)
{
    private const string DeviceAttributes = "v1/devices/me/attributes";
    private const string DeviceResponse = "v1/devices/me/attributes/response/";
    private const string DeviceRequest = "v1/devices/me/attributes/request/";
    private const string DeviceRpc = "v1/devices/me/rpc/request/";
    private const string DeviceRpcAnswer = "v1/devices/me/rpc/response/";
    private const string GatewayAttributes = "v1/gateway/attributes";
    private const string GatewayResponse = "v1/gateway/attributes/response";
    private const string GatewayRequest = "v1/gateway/attributes/request";
    private const string GatewayRpc = "v1/gateway/rpc";

    /// <summary>Whether each device is one of ThingsBoard's.</summary>
    public bool IsGatewayApi => isGatewayApi;

    /// <summary>What is subscribed to.</summary>
    public IReadOnlyList<string> Filters { get; } = isGatewayApi ? [GatewayRpc, GatewayAttributes, GatewayResponse] : [DeviceRpc + "+", DeviceAttributes, DeviceResponse + "+"];

    /// <summary>What a message is about.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="number">The number at the topic's end by the device API; else -1.</param>
    public ThingsBoardMessage KindOf(string topic, out int number)
    {
        number = -1;
        if (isGatewayApi)
        {
            return topic switch
            {
                GatewayRpc => ThingsBoardMessage.Rpc,
                GatewayAttributes => ThingsBoardMessage.SharedAttributes,
                GatewayResponse => ThingsBoardMessage.AttributeResponse,
                _ => ThingsBoardMessage.Other,
            };
        }

        return topic == DeviceAttributes ? ThingsBoardMessage.SharedAttributes
            : HasNumber(topic, DeviceRpc, out number) ? ThingsBoardMessage.Rpc
            : HasNumber(topic, DeviceResponse, out number) ? ThingsBoardMessage.AttributeResponse
            : ThingsBoardMessage.Other;
    }

    /// <summary>The attributes of the gateway itself.</summary>
    public static ApplicationMessage OfGateway(string site, string version) => Write(DeviceAttributes, json =>
    {
        json.WriteString("site"u8, site);
        json.WriteString("version"u8, version);
    });

    /// <summary>What is said of a device when it comes, answers, falls silent or goes.</summary>
    public IEnumerable<ApplicationMessage> OfDevice(DeviceDefinition device, DeviceState? state)
    {
        if (isGatewayApi && state is { IsOnline: true })
        {
            yield return Write("v1/gateway/connect", json =>
            {
                json.WriteString("device"u8, device.Name);
                json.WriteString("type"u8, device.Profile ?? "default");
            });
        }

        if (state is not null)
        {
            yield return isGatewayApi
                ? Write(GatewayAttributes, json =>
                {
                    json.WriteStartObject(device.Name);
                    WriteAttributes(json, "", device, state);
                    json.WriteEndObject();
                })
                : Write(DeviceAttributes, json => WriteAttributes(json, $"{device.Name}.", device, state));
        }

        if (isGatewayApi && state is not { IsOnline: true })
        {
            yield return Write("v1/gateway/disconnect", json => json.WriteString("device"u8, device.Name));
        }
    }

    /// <summary>Asks for a device's shared attributes.</summary>
    public ApplicationMessage RequestShared(int id, string device, IReadOnlyList<string> points) => isGatewayApi
        ? Write(GatewayRequest, json =>
        {
            json.WriteNumber("id"u8, id);
            json.WriteString("device"u8, device);

            // Servers ask for 'client' and 'keys', the documentation of newer ones names 'shared'.
            json.WriteBoolean("client"u8, false);
            WriteTexts(json, "keys", points);
            WriteTexts(json, "shared", points);
        })
        : Write(DeviceRequest + id.ToString(CultureInfo.InvariantCulture), json => json.WriteString("sharedKeys"u8, string.Join(',', points.Select(point => $"{device}.{point}"))));

    /// <summary>The answer to a call.</summary>
    /// <param name="rpc">The call.</param>
    /// <param name="data">JSON.</param>
    public ApplicationMessage Answer(ThingsBoardRpc rpc, ReadOnlyMemory<byte> data) => isGatewayApi
        ? Write(GatewayRpc, json =>
        {
            json.WriteString("device"u8, rpc.Device);
            json.WritePropertyName("id"u8);
            json.WriteRawValue(rpc.Id);
            json.WritePropertyName("data"u8);
            json.WriteRawValue(data.Span);
        })
        : new ApplicationMessage { Topic = DeviceRpcAnswer + rpc.Id, Payload = data, QoS = QualityOfService.AtLeastOnce };

    /// <summary>A value as JSON.</summary>
    public static byte[] Bare(in PointValue value)
    {
        var output = new ArrayBufferWriter<byte>(32);
        var json = PayloadWriter.Begin(output);
        PayloadWriter.WriteValue(json, value);
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static bool HasNumber(string topic, string beginning, out int number)
    {
        number = -1;
        return topic.StartsWith(beginning, StringComparison.Ordinal) && int.TryParse(topic.AsSpan(beginning.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static void WriteAttributes(Utf8JsonWriter json, string prefix, DeviceDefinition device, DeviceState state)
    {
        json.WriteString($"{prefix}status", state.IsOnline ? "online"u8 : "offline"u8);
        json.WriteString($"{prefix}since", PayloadWriter.FormatTime(state.Since));

        // It takes no null, and what is not told again stays.
        json.WriteString($"{prefix}reason", state.Reason ?? "");
        if (device.Profile is { } profile)
        {
            json.WriteString($"{prefix}profile", profile);
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string key, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(key);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static ApplicationMessage Write(string topic, Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(128);
        var json = PayloadWriter.Begin(output);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return new ApplicationMessage { Topic = topic, Payload = output.WrittenSpan.ToArray(), QoS = QualityOfService.AtLeastOnce };
    }
}
