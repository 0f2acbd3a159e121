using System.Text.Json.Serialization;
using Gateway.Runtime;

namespace Gateway.Web;

/// <summary>The JSON of the control socket, of <c>/api</c> and of <c>--json</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true)]
[JsonSerializable(typeof(GatewayStatus))]
[JsonSerializable(typeof(QueueStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
