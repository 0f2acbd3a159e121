using System.Buffers;
using System.Text.Json;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Writes measurements as ThingsBoard takes them: for its gateway API <c>{"boiler":[{"ts":1763773323004,"values":{"flow":21.5}}]}</c>, for its
/// device API, where the gateway is one device, <c>{"ts":1763773323004,"values":{"boiler.flow":21.5}}</c>. Pure.
/// </summary>
/// <remarks>
/// What has no value is the text <c>{point}_error</c>, since ThingsBoard takes no null; a value that is not good has its <c>{point}_quality</c> beside it, and
/// one of a time that cannot be believed <c>{point}_clock</c>.
/// </remarks>
public static class ThingsBoardTelemetry
{
    /// <summary>Where telemetry goes by the gateway API: each device is one of ThingsBoard's.</summary>
    public const string GatewayTopic = "v1/gateway/telemetry";

    /// <summary>Where telemetry goes by the device API: the gateway is the only device.</summary>
    public const string DeviceTopic = "v1/devices/me/telemetry";

    /// <summary>Writes what one record holds.</summary>
    /// <param name="output">Takes UTF-8.</param>
    /// <param name="isOfGatewayApi">Whether it is for the gateway API.</param>
    /// <param name="device">The device.</param>
    /// <param name="measurements">Measurements of that device and of one time.</param>
    /// <param name="isOfDevice">Whether they are one poll of the device.</param>
    /// <param name="isUnsynchronised">Whether the time cannot be believed.</param>
    public static void Write(IBufferWriter<byte> output, bool isOfGatewayApi, string device, IReadOnlyList<Measurement> measurements, bool isOfDevice = false, bool isUnsynchronised = false)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        var json = PayloadWriter.Begin(output);
        json.WriteStartObject();
        if (isOfGatewayApi)
        {
            json.WriteStartArray(device);
            json.WriteStartObject();
        }

        json.WriteNumber("ts"u8, measurements.Count == 0 ? 0 : measurements[0].Time.ToUnixTimeMilliseconds());
        json.WriteStartObject("values"u8);
        foreach (var measurement in measurements)
        {
            var key = isOfGatewayApi ? measurement.Point : $"{device}.{measurement.Point}";
            WriteMeasurement(json, key, measurement, isOfDevice);
            if (isUnsynchronised)
            {
                json.WriteString($"{key}_clock", PayloadWriter.Unsynchronised);
            }
        }

        json.WriteEndObject();
        if (isOfGatewayApi)
        {
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteMeasurement(Utf8JsonWriter json, string key, in Measurement measurement, bool isOfDevice)
    {
        if (PayloadWriter.IsMissing(measurement, isOfDevice))
        {
            json.WriteString($"{key}_error", measurement.Reason ?? "bad");
            return;
        }

        json.WritePropertyName(key);
        PayloadWriter.WriteValue(json, measurement.Value);
        if (measurement.Quality != Abstractions.Quality.Good)
        {
            json.WriteString($"{key}_quality", PayloadWriter.NameOf(measurement.Quality));
        }
    }
}
