using System.Text.RegularExpressions;

namespace Gateway.Hosting;

/// <summary>The lines behind that of a secret's key that are part of it, in YAML as people write it, with errors too.</summary>
internal partial struct HiddenLines
{
    private const int TabWidth = 8;

    // What it takes to be behind the key.
    private readonly int _column;
    private bool _isAny;

    // Of the value nothing was seen yet but what says how it is written: the next line is it, wherever it begins.
    private bool _isToCome;

    // The mark that its quotes end with; 0: it has none, or they are closed.
    private char _quote;

    // Brackets that are open within it.
    private int _depth;

    // Whether something may begin at the next character that only counts where a value does.
    private bool _isBegin;

    /// <param name="line">The line of the key.</param>
    /// <param name="valueBegin">Where in it the key and its colon end.</param>
    /// <param name="outer">The column of the secret that the line is part of already; <see cref="int.MaxValue"/>: of none.</param>
    public HiddenLines(ReadOnlySpan<char> line, int valueBegin, int outer)
    {
        _isAny = true;
        _column = Math.Min(outer, ColumnOf(line, " \t-?"));
        var value = line[valueBegin..].Trim();
        _isToCome = Header().IsMatch(value);
        if (!_isToCome)
        {
            Begin(value);
        }
    }

    /// <summary>Behind it lines are part of the secret.</summary>
    public readonly int Column => _column;

    /// <summary>Whether the secret goes on within quotes or brackets.</summary>
    public readonly bool IsOpen => _quote != 0 || _depth > 0;

    /// <summary>Whether the next line is part of the secret.</summary>
    public bool Takes(ReadOnlySpan<char> line)
    {
        if (!_isAny || line.IsWhiteSpace())
        {
            return false;
        }

        if (IsOpen)
        {
            Read(line);
            return true;
        }

        var isDeeper = ColumnOf(line, " \t") > _column;
        if (!isDeeper && (NextKey().IsMatch(line) || (!_isToCome && NextItem().IsMatch(line))))
        {
            _isAny = false;
            return false;
        }

        if (_isToCome)
        {
            Begin(line.Trim());
        }

        return true;
    }

    private void Begin(ReadOnlySpan<char> value)
    {
        foreach (var properties in Properties().EnumerateMatches(value))
        {
            value = value[properties.Length..];
            break;
        }

        // Items of a list may be indented as the key is, and a comment is no value.
        _isToCome = value.IsEmpty || value[0] is '-' or '#' or '|' or '>';
        if (!value.IsEmpty && value[0] is '"' or '\'' or '{' or '[')
        {
            _isBegin = true;
            Read(value);
        }
    }

    // Quotes and brackets, as far as they belong to the value: behind its end nothing counts.
    private void Read(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (_quote != 0)
            {
                if (c == '\\' && _quote == '"')
                {
                    i++;
                }
                else if (c == _quote && c == '\'' && i + 1 < text.Length && text[i + 1] == '\'')
                {
                    i++;
                }
                else if (c == _quote)
                {
                    _quote = '\0';
                }
            }
            else if (c is '"' or '\'' && _isBegin)
            {
                _quote = c;
            }
            else if (c is '{' or '[')
            {
                _depth++;
            }
            else if (c is '}' or ']')
            {
                _depth--;
            }
            else if (c == '#' && i > 0 && char.IsWhiteSpace(text[i - 1]))
            {
                return;
            }

            if (_quote == 0 && _depth <= 0)
            {
                return;
            }

            _isBegin = c is '{' or '[' or ',' or ':' || (_isBegin && char.IsWhiteSpace(c));
        }
    }

    private static int ColumnOf(ReadOnlySpan<char> line, ReadOnlySpan<char> skipped)
    {
        var column = 0;
        foreach (var c in line)
        {
            if (!skipped.Contains(c))
            {
                break;
            }

            column += c == '\t' ? TabWidth : 1;
        }

        return column;
    }

    // Anchors, tags, the beginning of a block, a comment: no value yet.
    [GeneratedRegex(@"^(?:[&!][^\s,{}\[\]]*\s*)*(?:[|>][-+0-9]*\s*)?(?:#.*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Header();

    [GeneratedRegex(@"^(?:[&!][^\s,{}\[\]]*\s*)+", RegexOptions.CultureInvariant)]
    private static partial Regex Properties();

    [GeneratedRegex("""^\s*(?:-\s+)*(?:[\w./-]+|"[^"]*"|'[^']*')[ \t]*:(?:\s|$)|^---|^\.\.\.""", RegexOptions.CultureInvariant)]
    private static partial Regex NextKey();

    [GeneratedRegex(@"^\s*(?:-(?:\s|$)|[}\],\s]+(?:#.*)?$|#)", RegexOptions.CultureInvariant)]
    private static partial Regex NextItem();
}
