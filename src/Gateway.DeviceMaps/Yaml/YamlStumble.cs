using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;

namespace Gateway.DeviceMaps.Yaml;

/// <summary>
/// Says in a person's words why YAML stumbled. The parser's own message is about its grammar, so this looks at what
/// stands at the place, for the mistakes that people make.
/// </summary>
internal sealed partial class YamlStumble
{
    private readonly string _file;
    private readonly string[] _lines;
    private readonly SourceLocation? _openBracket;

    /// <param name="file">The file's name.</param>
    /// <param name="text">The whole file.</param>
    /// <param name="openBracket">The innermost bracket that was open; null if none was.</param>
    public YamlStumble(string file, string text, SourceLocation? openBracket)
    {
        _file = file;
        _lines = text.ReplaceLineEndings("\n").Split('\n');
        _openBracket = openBracket;
    }

    /// <summary>What to tell of a syntax error.</summary>
    /// <param name="line">Where it begins, from 1.</param>
    /// <param name="column">Where it begins, from 1.</param>
    /// <param name="endLine">Where the parser gave up, from 1.</param>
    public Diagnostic Explain(int line, int column, int endLine)
    {
        if (line > _lines.Length)
        {
            // The parser found out at the end of the file, which is no place in it.
            (line, column) = (_lines.Length, _lines[^1].Length + 1);
        }

        return TryExplain(line, column, endLine) ?? At(line, column, "this is not valid YAML; a text with special characters must be in quotes");
    }

    private Diagnostic? TryExplain(int line, int column, int endLine)
    {
        try
        {
            return ExplainTab(line, endLine)
                ?? ExplainCharacter(line, column)
                ?? ExplainLine(line, column)
                ?? ExplainBracket()
                ?? ExplainIndentation(line, column);
        }
        catch (RegexMatchTimeoutException)
        {
            return null; // no line that a person wrote
        }
    }

    private Diagnostic? ExplainTab(int line, int endLine)
    {
        for (var number = line; number <= Math.Min(endLine + 1, _lines.Length); number++)
        {
            var text = Line(number);
            endLine += text.Trim() is "" or ['#', ..] ? 1 : 0;
            var indentation = text[..(text.Length - text.TrimStart().Length)];
            if (indentation.IndexOf('\t', StringComparison.Ordinal) is var tab and >= 0)
            {
                return At(number, tab + 1, "a tab indents this line; YAML allows only spaces here");
            }
        }

        return null;
    }

    private Diagnostic? ExplainCharacter(int line, int column)
    {
        var (before, here) = Cut(line, column);
        if (here.Length == 0)
        {
            return null;
        }

        switch (here[0])
        {
            case '%' or '@' or '`':
                return At(line, column, $"a text that begins with '{here[0]}' must be in quotes: {Quote(Value(here))}");
            case '"' when UnknownEscape().Match(here) is { Success: true } escape:
                return At(line, column, $"'{escape.Groups["escape"].Value}' has no meaning in double quotes; use single quotes, or write the backslash twice");
            case '"' or '\'' when before.Length == 0 || before[^1] is ' ' or '[' or '{' or ',':
                return At(line, column, $"the quote {here[0]} that opens here is not closed");
            case '}' or ']' when _openBracket is null:
                return At(line, column, $"there is no '{(here[0] == '}' ? '{' : '[')}' for this '{here[0]}'");
            case ',':
                return At(line, column, "nothing stands before this ','");
            case '-' when before.TrimEnd().EndsWith(':'):
                return At(line, column, "a list with '-' must begin on the line after its key; a text that begins with '- ' must be in quotes");
            default:
                return null;
        }
    }

    private Diagnostic? ExplainLine(int line, int column)
    {
        var (before, here) = Cut(line, column);
        if (before.Length > 0 && here is [not (':' or '}' or ']'), ..])
        {
            var start = ValueStart(before);
            if (before[^1] is '}' or ']')
            {
                return At(line, start + 1, $"a text with braces or brackets must be in quotes: {Quote(Value(before[start..] + here))}");
            }

            if (before.TrimEnd() is [.., '"' or '\''] && start < before.Length)
            {
                return At(line, column, $"text follows a closing quote; a text with {before.TrimEnd()[^1]} in it must be in {(before.TrimEnd()[^1] == '"' ? "single" : "double")} quotes");
            }
        }

        if (_openBracket is not null && here is [':', ..] && MissingComma().Match(before) is { Success: true } key)
        {
            return At(line, key.Groups["key"].Index + 1, $"a ',' is missing before '{key.Groups["key"].Value}'");
        }

        foreach (var number in new[] { line, line - 1 })
        {
            if (MissingSpace.Explain(Line(number)) is { } message)
            {
                return At(number, Indentation(number) + 1, message);
            }
        }

        if (TwoColons().Match(Line(line)) is { Success: true } two && two.Groups["value"].Index < column)
        {
            return At(line, two.Groups["value"].Index + 1, $"a text with ': ' in it must be in quotes: {Quote(two.Groups["value"].Value.Trim())}");
        }

        return null;
    }

    private Diagnostic? ExplainBracket() => _openBracket is { } open
        ? Diagnostic.Error(open, $"the '{Cut(open.Line, open.Column).Here[..1]}' that opens here is not closed, or a ',' is missing after it")
        : null;

    private Diagnostic? ExplainIndentation(int line, int column)
    {
        var indentation = Indentation(line);
        if (column - 1 > indentation && Line(line).TrimStart().IndexOf(':', StringComparison.Ordinal) < 0)
        {
            return null;
        }

        var above = line - 1;
        while (above > 0 && Line(above).Trim() is "" or ['#', ..])
        {
            above--;
        }

        if (above == 0)
        {
            return null;
        }

        if (!Line(above).Contains(':', StringComparison.Ordinal) && !Line(above).TrimStart().StartsWith('-'))
        {
            return At(above, Indentation(above) + 1, $"'{Value(Line(above).Trim())}' has no colon; a line is 'key: value'");
        }

        return At(line, indentation + 1, indentation > Indentation(above)
            ? $"this line is indented deeper than line {above}, which has its value already"
            : $"the indentation of this line fits none of the lines above");
    }

    private (string Before, string Here) Cut(int line, int column)
    {
        var text = Line(line);
        var at = Math.Clamp(column - 1, 0, text.Length);
        return (text[..at], text[at..]);
    }

    private Diagnostic At(int line, int column, string message) => Diagnostic.Error(new SourceLocation(_file, line, column), message);

    private string Line(int number) => number >= 1 && number <= _lines.Length ? _lines[number - 1] : "";

    private int Indentation(int number) => Line(number).Length - Line(number).TrimStart().Length;

    /// <summary>Where the value begins that ends a text: after its last ': ' or '- '.</summary>
    private static int ValueStart(string text)
    {
        var match = LastValue().Match(text);
        return match.Success ? match.Groups["value"].Index : 0;
    }

    /// <summary>A value up to where it ends as people see it, shortened.</summary>
    private static string Value(string text)
    {
        var comment = text.IndexOf(" #", StringComparison.Ordinal);
        var value = (comment >= 0 ? text[..comment] : text).Trim();
        if (!value.Contains('{', StringComparison.Ordinal) && !value.Contains('[', StringComparison.Ordinal))
        {
            var end = value.IndexOfAny([',', '}', ']']);
            value = end > 0 ? value[..end].TrimEnd() : value;
        }

        return value.Length <= 60 ? value : value[..60] + "…";
    }

    private static string Quote(string text) => text.Contains('"', StringComparison.Ordinal) ? $"'{text}'" : $"\"{text}\"";

    [GeneratedRegex("""^"(?:[^"\\]|\\[0abt\tnvfre "/\\N_LPxuU])*(?<escape>\\[^0abt\tnvfre "/\\N_LPxuU])""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnknownEscape();

    [GeneratedRegex(@"^\s*(- )?[^\s:#'""{\[][^:#]*:\s+(?<value>[^'""{\[\s][^#]*:(\s.*|$))", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TwoColons();

    [GeneratedRegex(@":\s+[^,{}\[\]]*\s(?<key>[A-Za-z0-9_-]+)\s*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MissingComma();

    [GeneratedRegex(@".*(:\s+|-\s+)(?<value>.*)$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LastValue();
}
