using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Protocols;

/// <summary>A point of a P1 telegram.</summary>
/// <param name="Point">The point.</param>
/// <param name="Code">The code of its value; null: it is a meter's on the M-Bus.</param>
/// <param name="DeviceTypes">The types of that meter. EN 13757-3.</param>
/// <param name="IsText">Whether the map asks for a text.</param>
internal sealed record DsmrPoint(PointDefinition Point, string? Code, IReadOnlyList<int> DeviceTypes, bool IsText);

/// <summary>Turns the keys of points into what is looked for in telegrams.</summary>
internal static partial class DsmrPoints
{
    private static readonly Dictionary<string, int[]> DeviceTypes = new()
    {
        ["electricity"] = [2],
        ["gas"] = [3],
        ["heat"] = [4, 12, 13],
        ["water"] = [6, 7],
        ["cooling"] = [10, 11],
    };

    /// <summary>The points; null if one is not possible, which is reported.</summary>
    public static IReadOnlyList<DsmrPoint>? Parse(IEnumerable<PointDefinition> points, ICollection<Diagnostic> diagnostics)
    {
        var before = diagnostics.Count;
        var parsed = new List<DsmrPoint>();
        foreach (var point in points)
        {
            var settings = point.Settings;
            var kind = PointPlaceParser.ParseKind(settings, diagnostics);
            if (!settings.TryGet<string>("obis", out var code))
            {
                parsed.Add(new DsmrPoint(point, null, DeviceTypes[settings.Get<string>("mbus")], false));
            }
            else if (CodeForm().IsMatch(code))
            {
                parsed.Add(new DsmrPoint(point, code, [], kind == Fields.TextKind.Text));
            }
            else
            {
                diagnostics.Add(Diagnostic.Error(settings.Locate("obis"), $"'{code}' is no OBIS code: write it as the telegram does, such as 1-0:1.7.0"));
            }
        }

        return diagnostics.Count > before ? null : parsed;
    }

    [GeneratedRegex(@"^\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(\*\d{1,3})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex CodeForm();
}
