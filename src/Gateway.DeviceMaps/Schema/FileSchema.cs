using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Schema;

/// <summary>
/// The number of the form that a file is written in, by its key <c>schema</c>. It rises when a file means something else than before, not when keys are
/// added: a gateway that does not know the number says so, instead of taking each thing that is new for a mistake.
/// </summary>
public static class FileSchema
{
    /// <summary>The highest number that is known.</summary>
    public const int Known = 1;

    /// <summary>The key.</summary>
    public static KeySchema Key { get; } = new()
    {
        Name = "schema",
        Type = KeyType.Integer,
        Default = 1L,
        Minimum = 1,
        Description = "The form that the file is written in. A gateway that knows earlier ones only says so, and does not read on.",
        Example = "1",
    };

    /// <summary>Whether a document has a higher number than is known, which is reported.</summary>
    internal static bool IsNewer(YamlNode document, ICollection<Diagnostic> diagnostics)
    {
        if (document is not YamlMapping file
            || file.Find(Key.Name)?.Value is not YamlScalar { IsQuoted: false } number
            || !decimal.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var schema)
            || schema <= Known)
        {
            return false;
        }

        diagnostics.Add(Diagnostic.Error(
            number.Location,
            string.Create(CultureInfo.InvariantCulture, $"the file was written for a newer gateway (schema {schema}; this one knows {Known}): update the gateway, or put the file of before in its place")));
        return true;
    }
}
