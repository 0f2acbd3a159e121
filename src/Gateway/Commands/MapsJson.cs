using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.DeviceMaps.Maps;

namespace Gateway.Commands;

/// <summary>One line of <c>gateway maps list --json</c>.</summary>
internal sealed record ProfileRow(string Name, string Driver, string Description, IReadOnlyList<string> Sources)
{
    public static ProfileRow Of(ProfileDescription profile) => new(profile.Name, profile.Driver, profile.Description, profile.Sources);
}

/// <summary>The JSON of <c>gateway maps</c>.</summary>
[JsonSerializable(typeof(ProfileRow[]))]
[JsonSerializable(typeof(ProfileDescription))]
internal sealed partial class MapsJson : JsonSerializerContext
{
    /// <summary>The one form that is written.</summary>
    public static MapsJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a document of its own, never within HTML
    });
}
