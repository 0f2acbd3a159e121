using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Runtime.Commands;

namespace Gateway.Runtime.ThingsBoard;

/// <summary>A call from ThingsBoard.</summary>
/// <param name="Device">The device; null by the device API, where <paramref name="Point"/> says it.</param>
/// <param name="Id">What the answer is known by: a number of JSON.</param>
/// <param name="Point">The point.</param>
/// <param name="Value">What to set, as a command's payload; null: the point is read.</param>
internal sealed record ThingsBoardRpc(string? Device, string Id, string Point, byte[]? Value);

/// <summary>Shared attributes.</summary>
/// <param name="Device">Their device; null by the device API, where their names say it.</param>
/// <param name="Values">Name and value, as a command's payload.</param>
/// <param name="IsNews">Whether they have changed just now; else they were asked for.</param>
internal sealed record ThingsBoardAttributes(string? Device, IReadOnlyList<(string Key, byte[] Payload)> Values, bool IsNews);

/// <summary>Reads what ThingsBoard sends. Whatever has another form is left alone. Pure.</summary>
internal static class ThingsBoardRequest
{
    // Of one message; a device has less.
    private const int MostAttributes = 1000;

    private static readonly JsonReaderOptions Json = new() { MaxDepth = 8 };

    /// <summary>
    /// Reads a call: <c>{"device":"boiler","data":{"id":1,"method":"setpoint","params":21.5}}</c>, by the device API
    /// <c>{"method":"boiler.setpoint","params":21.5}</c>. The method is a point, which is read where there are no parameters; or <c>set</c>
    /// with <c>{"point":…,"value":…}</c>, or <c>get</c> with <c>{"point":…}</c>.
    /// </summary>
    public static bool TryReadRpc(ReadOnlySpan<byte> payload, bool isGatewayApi, int number, [NotNullWhen(true)] out ThingsBoardRpc? rpc)
    {
        rpc = null;
        if (!TryParse(payload, out var root))
        {
            return false;
        }

        var device = isGatewayApi ? TextOf(root, "device") : null;
        var data = root;
        var id = number.ToString(CultureInfo.InvariantCulture);
        if (isGatewayApi)
        {
            if (device is null || !root.TryGetProperty("data", out data) || data.ValueKind != JsonValueKind.Object || !data.TryGetProperty("id", out var written) || written.ValueKind != JsonValueKind.Number)
            {
                return false;
            }

            id = written.GetRawText();
        }

        if (TextOf(data, "method") is not { } method)
        {
            return false;
        }

        var parameters = data.TryGetProperty("params", out var found) ? found : default;
        rpc = (method, parameters.ValueKind) switch
        {
            ("set", JsonValueKind.Object) when TextOf(parameters, "point") is { } point && parameters.TryGetProperty("value", out var value) => new ThingsBoardRpc(device, id, point, PayloadOf(value)),
            ("get", JsonValueKind.Object) when TextOf(parameters, "point") is { } point => new ThingsBoardRpc(device, id, point, null),
            (_, JsonValueKind.Undefined or JsonValueKind.Null) => new ThingsBoardRpc(device, id, method, null),
            (_, JsonValueKind.Object) when !parameters.EnumerateObject().Any() => new ThingsBoardRpc(device, id, method, null),
            _ => new ThingsBoardRpc(device, id, method, PayloadOf(parameters)),
        };
        return true;
    }

    /// <summary>Reads shared attributes that have changed: <c>{"device":"boiler","data":{"setpoint":21.5}}</c>, by the device API <c>{"boiler.setpoint":21.5}</c>.</summary>
    public static bool TryReadUpdate(ReadOnlySpan<byte> payload, bool isGatewayApi, [NotNullWhen(true)] out ThingsBoardAttributes? attributes)
    {
        attributes = null;
        if (!TryParse(payload, out var root))
        {
            return false;
        }

        var device = isGatewayApi ? TextOf(root, "device") : null;
        if (isGatewayApi && (device is null || !root.TryGetProperty("data", out root)))
        {
            return false;
        }

        attributes = new ThingsBoardAttributes(device, ValuesOf(root), IsNews: true);
        return true;
    }

    /// <summary>
    /// Reads shared attributes that were asked for: <c>{"id":1,"device":"boiler","values":{"setpoint":21.5}}</c>, or <c>"value":21.5</c> where one
    /// was asked for; by the device API <c>{"shared":{"boiler.setpoint":21.5}}</c>.
    /// </summary>
    public static bool TryReadResponse(
        ReadOnlySpan<byte> payload,
        bool isGatewayApi,
        int number,
        IDictionary<int, (string Device, IReadOnlyList<string> Points)> requests,
        [NotNullWhen(true)] out ThingsBoardAttributes? attributes)
    {
        attributes = null;
        if (!TryParse(payload, out var root))
        {
            return false;
        }

        var id = !isGatewayApi ? number : root.TryGetProperty("id", out var written) && written.ValueKind == JsonValueKind.Number && written.TryGetInt32(out var one) ? one : -1;
        if (!requests.TryGetValue(id, out var request) || !requests.Remove(id))
        {
            return false;
        }

        var device = isGatewayApi ? request.Device : null;
        if (isGatewayApi && request.Points.Count == 1 && root.TryGetProperty("value", out var single) && IsValue(single))
        {
            attributes = new ThingsBoardAttributes(device, [(request.Points[0], PayloadOf(single))], IsNews: false);
            return true;
        }

        if (!root.TryGetProperty("shared", out var values) && !root.TryGetProperty("values", out values))
        {
            return false;
        }

        attributes = new ThingsBoardAttributes(device, ValuesOf(values), IsNews: false);
        return true;
    }

    /// <summary>What a payload would set.</summary>
    public static bool TryReadValue(byte[] payload, out PointValue value) => CommandPayload.TryParse(new ReadOnlySequence<byte>(payload), out value, out _);

    /// <summary>Whether two values are the same, of whatever kind of number.</summary>
    public static bool IsSame(in PointValue one, in PointValue other) =>
        one.TryGetNumber(out var a) && other.TryGetNumber(out var b) ? a == b : one == other;

    private static bool TryParse(ReadOnlySpan<byte> payload, out JsonElement root)
    {
        root = default;
        var reader = new Utf8JsonReader(payload, Json);
        try
        {
            if (payload.Length > CommandPayload.LongestCommand || !JsonElement.TryParseValue(ref reader, out var parsed))
            {
                return false;
            }

            root = parsed.Value;
            return root.ValueKind == JsonValueKind.Object && HasText(payload);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Half a surrogate pair is JSON, and no text: whoever asks for it later gets an exception.
    private static bool HasText(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload, Json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
                {
                    _ = reader.GetString();
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string? TextOf(JsonElement parent, string key) => parent.TryGetProperty(key, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static bool IsValue(JsonElement value) => value.ValueKind is JsonValueKind.Number or JsonValueKind.String or JsonValueKind.True or JsonValueKind.False;

    private static byte[] PayloadOf(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());

    private static (string Key, byte[] Payload)[] ValuesOf(JsonElement values) => values.ValueKind != JsonValueKind.Object
        ? []
        : [.. values.EnumerateObject().Where(member => IsValue(member.Value)).Take(MostAttributes).Select(member => (member.Name, PayloadOf(member.Value)))];
}
