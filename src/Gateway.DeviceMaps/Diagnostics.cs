using Gateway.Abstractions.Definitions;

namespace Gateway.DeviceMaps;

/// <summary>Findings as they are shown.</summary>
public static class Diagnostics
{
    /// <summary>The most findings shown of one file.</summary>
    public const int MaximumPerFile = 100;

    /// <summary>
    /// The findings by file, line and column, each once: a profile is checked with every device that is made from it.
    /// Of one file at most <see cref="MaximumPerFile"/>, and one that says how many there are beyond.
    /// </summary>
    public static IReadOnlyList<Diagnostic> Arrange(IEnumerable<Diagnostic> diagnostics)
    {
        var files = diagnostics
            .Distinct()
            .GroupBy(diagnostic => diagnostic.Location.File)
            .OrderBy(file => file.Key, StringComparer.Ordinal);
        return [.. files.SelectMany(file => Limit(file.Key, [.. file.OrderBy(d => d.Location.Line).ThenBy(d => d.Location.Column)]))];
    }

    private static IEnumerable<Diagnostic> Limit(string file, Diagnostic[] diagnostics)
    {
        if (diagnostics.Length <= MaximumPerFile)
        {
            return diagnostics;
        }

        // Errors first: a warning must not push one out.
        var shown = diagnostics.OrderByDescending(diagnostic => diagnostic.Severity).Take(MaximumPerFile).OrderBy(d => d.Location.Line).ThenBy(d => d.Location.Column);
        var rest = new Diagnostic(diagnostics.Max(d => d.Severity), new SourceLocation(file, 0, 0), $"{diagnostics.Length - MaximumPerFile} more findings in this file are not shown");
        return shown.Append(rest);
    }
}
