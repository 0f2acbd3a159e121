using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Commands;
using Gateway.Commands.Doctor;
using Gateway.Drivers.OneWire;
using Gateway.Drivers.Sysfs;
using Gateway.Hosting;
using Gateway.Linux.Serial;
using Gateway.Runtime;
using Gateway.Runtime.Commands;
using Gateway.Web.Access;
using Gateway.Web.History;
using Gateway.Web.Live;
using Gateway.Web.Maps;
using Gateway.Web.Scans;
using Gateway.Web.Setup;

namespace Gateway.Web;

/// <summary>Why a request of the API was not carried out.</summary>
/// <param name="Error">One sentence.</param>
internal sealed record Refusal(string Error);

/// <summary>The JSON of the control socket, of <c>/api</c> and of <c>--json</c>.</summary>
[JsonSerializable(typeof(GatewayStatus))]
[JsonSerializable(typeof(QueueStatus))]
[JsonSerializable(typeof(IReadOnlyList<ParkedRow>))]
[JsonSerializable(typeof(IReadOnlyList<QueuedRow>))]
[JsonSerializable(typeof(IReadOnlyList<PointReading>))]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(LoginDocument))]
[JsonSerializable(typeof(SessionDocument))]
[JsonSerializable(typeof(IReadOnlyList<LogLine>))]
[JsonSerializable(typeof(TrendSeries))]
[JsonSerializable(typeof(IReadOnlyList<SourceDocument>))]
[JsonSerializable(typeof(ScanRequest))]
[JsonSerializable(typeof(ScanLine))]
[JsonSerializable(typeof(SetupRequest))]
[JsonSerializable(typeof(SetupState))]
[JsonSerializable(typeof(SetupResult))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(IReadOnlyList<ConfigurationChange>))]
[JsonSerializable(typeof(ReloadOutcome))]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
[JsonSerializable(typeof(ProbeDocument))]
[JsonSerializable(typeof(IReadOnlyList<ScanFind>))]
[JsonSerializable(typeof(IReadOnlyList<I2cScanFind>))]
[JsonSerializable(typeof(IReadOnlyList<SerialPortInfo>))]
[JsonSerializable(typeof(IReadOnlyList<ScannedChip>))]
[JsonSerializable(typeof(IReadOnlyList<SunSpecUnitSurvey>))]
[JsonSerializable(typeof(IReadOnlyList<OneWireFind>))]
[JsonSerializable(typeof(IReadOnlyList<SysfsFind>))]
internal sealed partial class StatusJson : JsonSerializerContext
{
    /// <summary>The one form that is written and read.</summary>
    public static StatusJson Readable { get; } = new(CreateOptions(indented: true));

    /// <summary>The same with each document on a line of its own.</summary>
    public static StatusJson Lines { get; } = new(CreateOptions(indented: false));

    /// <summary>The same without what is null.</summary>
    public static StatusJson Sparse { get; } = new(new(CreateOptions(indented: false)) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

    private static JsonSerializerOptions CreateOptions(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        // Units and quotes as people write them: the JSON is a document of its own, never within HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
