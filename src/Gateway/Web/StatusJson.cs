using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Runtime;

namespace Gateway.Web;

/// <summary>The JSON of the control socket, of <c>/api</c> and of <c>--json</c>.</summary>
[JsonSerializable(typeof(GatewayStatus))]
[JsonSerializable(typeof(QueueStatus))]
internal sealed partial class StatusJson : JsonSerializerContext
{
    /// <summary>The one form that is written and read.</summary>
    public static StatusJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        // Units and quotes as people write them: the JSON is a document of its own, never within HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
