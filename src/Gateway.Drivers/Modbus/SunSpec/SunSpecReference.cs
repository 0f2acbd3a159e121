using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>
/// What a map calls a SunSpec point: <c>inverter.W</c>, <c>103.W</c>, or <c>mppt.module.2.DCW</c> in the second repetition. Immutable.
/// </summary>
/// <param name="Ids">The models that may have it.</param>
/// <param name="Repetition">Which repetition, from 1; 0 if it does not repeat.</param>
/// <param name="Point">The point's name.</param>
internal sealed partial record SunSpecReference(IReadOnlyList<int> Ids, int Repetition, string Point)
{
    /// <summary>Reads a reference.</summary>
    /// <param name="text">What the map says.</param>
    /// <param name="error">What is wrong, a sentence, if the result is null.</param>
    public static SunSpecReference? Parse(string text, out string error)
    {
        error = "";
        if (Form().Match(text) is not { Success: true } match)
        {
            error = $"'{text}' is no SunSpec point; write MODEL.POINT such as inverter.W, or MODEL.GROUP.NUMBER.POINT such as mppt.module.1.DCW";
            return null;
        }

        var model = match.Groups["model"].Value;
        var ids = SunSpecModels.All.Where(pair => pair.Value.Name == model || pair.Key.ToString(CultureInfo.InvariantCulture) == model).Select(pair => pair.Key).Order().ToList();
        if (ids.Count == 0)
        {
            error = $"there is no SunSpec model '{model}'; there are {string.Join(", ", SunSpecModels.All.Values.Select(known => known.Name).Distinct())}";
            return null;
        }

        var group = match.Groups["group"].Value;
        var point = match.Groups["point"].Value;
        var definition = SunSpecModels.All[ids[0]];
        var points = group.Length == 0 ? definition.Points : definition.Group == group ? definition.Repeated : null;
        if (points is null || !points.ContainsKey(point))
        {
            error = points is null
                ? $"the SunSpec model '{model}' has no group '{group}'{(definition.Group is null ? "" : $"; it has '{definition.Group}'")}"
                : $"the SunSpec model '{model}' has no point '{point}'; it has {string.Join(", ", points.Keys)}";
            return null;
        }

        return new SunSpecReference(ids, group.Length == 0 ? 0 : int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture), point);
    }

    [GeneratedRegex(@"^(?<model>[A-Za-z0-9_]+)(\.(?<group>[A-Za-z_]+)\.(?<number>[1-9][0-9]?))?\.(?<point>[A-Za-z0-9_]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
