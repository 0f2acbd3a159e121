using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Configuration;

/// <summary>What <c>publish.topic</c> may say.</summary>
internal static partial class TopicTemplateRules
{
    private const int MaximumLength = 1000;

    private static readonly string[] Placeholders = ["{site}", "{device}", "{point}"];

    /// <summary>Why a template cannot be used, a sentence; null if it can. MQTT 5.0 §4.7.</summary>
    public static string? Refuse(string template, PublishUnit per)
    {
        var bare = Placeholders.Aggregate(template, (text, placeholder) => text.Replace(placeholder, "", StringComparison.Ordinal));
        if (template.Length is 0 or > MaximumLength)
        {
            return $"'topic' must have between 1 and {MaximumLength} characters, found {template.Length}";
        }

        if (Braces().Match(bare) is { Success: true } brace)
        {
            return $"'topic' knows the placeholders {{site}}, {{device}} and {{point}}, found '{brace.Value}'";
        }

        if (bare.IndexOfAny(['+', '#']) is var at and >= 0)
        {
            return $"'topic' must not have the wildcard '{bare[at]}': messages are published to it";
        }

        if (template[0] == '$' || bare.Any(char.IsControl))
        {
            return template[0] == '$' ? "'topic' must not begin with '$': such topics belong to the broker" : "'topic' must not have control characters";
        }

        if (!template.Contains("{device}", StringComparison.Ordinal))
        {
            return "'topic' needs '{device}': without it messages of several devices would have one topic";
        }

        var hasPoint = template.Contains("{point}", StringComparison.Ordinal);
        if (per == PublishUnit.Point && !hasPoint)
        {
            return "'topic' needs '{point}': without it messages of several points would have one topic";
        }

        return per == PublishUnit.Device && hasPoint && !PointLevel().IsMatch(template)
            ? "with per: device '{point}' must be a level of its own in 'topic', after a '/': it is left out"
            : null;
    }

    /// <summary>Reports a template that cannot be used.</summary>
    public static void Check(Settings publish, PublishUnit per, ICollection<Diagnostic> diagnostics)
    {
        if (publish.TryGet<string>("topic", out var template) && Refuse(template, per) is { } message)
        {
            diagnostics.Add(Diagnostic.Error(publish.Locate("topic"), message));
        }
    }

    [GeneratedRegex(@"\{[^{}]*\}|[{}]", RegexOptions.CultureInvariant)]
    private static partial Regex Braces();

    [GeneratedRegex(@"/\{point\}(/|$)", RegexOptions.CultureInvariant)]
    private static partial Regex PointLevel();
}
