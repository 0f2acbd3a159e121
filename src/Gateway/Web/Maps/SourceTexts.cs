using System.Text;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;

namespace Gateway.Web.Maps;

/// <summary>Configuration and maps as they are on the disk now, with what <c>gateway check</c> finds in them. Secrets are blanked out. Thread-safe.</summary>
/// <param name="reader">Reads and judges them.</param>
/// <param name="configurationPath">The configuration.</param>
/// <param name="running">The files of what runs; null: nothing does.</param>
internal sealed partial class SourceTexts(ConfigurationReader reader, string configurationPath, Func<ISourceFiles?> running)
{
    private const int LargestText = 256 * 1024;

    // What is read while another request reads would only cost time.
    private readonly Lock _gate = new();

    /// <summary>The configuration first, then the maps; profiles only if something is wrong with them.</summary>
    public IReadOnlyList<SourceDocument> Read()
    {
        lock (_gate)
        {
            var files = new RecordingFiles(configurationPath);
            var read = reader.Read(configurationPath, files);
            var findings = read.Diagnostics.ToLookup(diagnostic => Path.GetFullPath(diagnostic.Location.File));
            var configuration = Path.GetFullPath(configurationPath);
            var maps = read.Paths.Select(Path.GetFullPath).Where(path => path.EndsWith(".yaml", StringComparison.Ordinal) && File.Exists(path) && !IsProfile(path));
            var paths = new[] { configuration }.Concat(maps.Order(StringComparer.Ordinal)).Concat(findings.Select(file => file.Key).Order(StringComparer.Ordinal)).Distinct();
            return [.. paths.Select(path => Describe(path, files, findings[path]))];
        }
    }

    private static bool IsProfile(string path) => path.Contains("/library/", StringComparison.Ordinal);

    private SourceDocument Describe(string path, RecordingFiles files, IEnumerable<Diagnostic> findings)
    {
        var content = ReadBytes(files, path);
        var text = content is null ? "" : Encoding.UTF8.GetString(content.AsSpan(0, Math.Min(content.Length, LargestText))).TrimStart('\uFEFF');
        var lines = text.Split('\n');
        var isRunning = content is not null && running() is { } files2 && ReadBytes(files2, path) is { } runs && runs.AsSpan().SequenceEqual(content);
        return new SourceDocument(
            path,
            SecretText.Blank(text),
            [.. findings.Select(finding => Describe(finding, lines))],
            isRunning);
    }

    private static SourceProblem Describe(Diagnostic finding, string[] lines)
    {
        var (_, line, column) = finding.Location;
        var length = line >= 1 && line <= lines.Length && column >= 1 && column <= lines[line - 1].Length ? Word().Match(lines[line - 1], column - 1).Length : 0;
        return new SourceProblem(finding.Severity == DiagnosticSeverity.Error ? "error" : "warning", line, column, length, finding.Message);
    }

    private static byte[]? ReadBytes(ISourceFiles files, string path)
    {
        try
        {
            using var stream = files.OpenRead(path);
            var content = new byte[Math.Min(stream.Length, LargestText + 1)];
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // what is wrong with it is among the findings
        }
    }

    [GeneratedRegex("""\G(?:"[^"]*"|'[^']*'|[^\s,:{}\[\]#]+)""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}

/// <summary>A file that a person wrote.</summary>
/// <param name="File">Its path.</param>
/// <param name="Text">What it says, as far as it is shown; secrets are asterisks.</param>
/// <param name="Problems">What is wrong with it.</param>
/// <param name="IsRunning">Whether what runs was read from this very text.</param>
internal sealed record SourceDocument(string File, string Text, IReadOnlyList<SourceProblem> Problems, bool IsRunning);

/// <summary>Something that is wrong in a file.</summary>
/// <param name="Severity">error or warning.</param>
/// <param name="Line">From 1; 0: the whole file.</param>
/// <param name="Column">From 1; 0: the whole line.</param>
/// <param name="Length">How many characters are meant; 0: not known.</param>
/// <param name="Text">One sentence.</param>
internal sealed record SourceProblem(string Severity, int Line, int Column, int Length, string Text);
