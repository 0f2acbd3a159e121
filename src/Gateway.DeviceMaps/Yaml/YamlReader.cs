using Gateway.Abstractions.Definitions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.DeviceMaps.Yaml;

/// <summary>
/// Reads YAML 1.2 into trees of nodes with their places. What a scalar means is left to the schema of its key, so that
/// <c>on</c>, <c>no</c> and <c>n</c> are the texts that they are in YAML's core schema.
/// </summary>
internal sealed class YamlReader
{
    private readonly string _file;
    private readonly string _text;
    private readonly ICollection<Diagnostic> _diagnostics;
    private readonly Parser _parser;
    private readonly Dictionary<string, YamlNode?> _anchors = [];
    private readonly Stack<SourceLocation> _openBrackets = new();
    private int _nodes;

    private YamlReader(string file, string text, ICollection<Diagnostic> diagnostics)
    {
        _file = file;
        _text = text;
        _diagnostics = diagnostics;
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>
    /// The documents of a file, empty ones left out. A syntax error is reported and ends the file: the documents before it are returned.
    /// </summary>
    public static IReadOnlyList<YamlNode> Read(string file, string text, ICollection<Diagnostic> diagnostics)
    {
        var documents = new List<YamlNode>();
        var reader = new YamlReader(file, text, diagnostics);
        try
        {
            reader.ReadDocuments(documents);
        }
        catch (YamlFaultException fault)
        {
            diagnostics.Add(fault.Diagnostic);
        }

        return documents;
    }

    private void ReadDocuments(List<YamlNode> documents)
    {
        while (Next() is not StreamEnd)
        {
            if (Current is not DocumentStart)
            {
                continue;
            }

            _anchors.Clear();
            _nodes = 0;
            Next();
            var root = ReadNode(1);
            if (root is not YamlScalar { IsNull: true })
            {
                documents.Add(root);
            }
        }
    }

    private ParsingEvent Current => _parser.Current!;

    /// <summary>Steps to the next event. The parser reports some faults by exceptions other than its own; to people they are all the same.</summary>
    private ParsingEvent Next()
    {
        var before = _parser.Current;
        try
        {
            _parser.MoveNext();
            return Current;
        }
        catch (YamlException exception)
        {
            // Some faults are reported where their context begins, before what was read already: that is no help.
            throw Stumble(Later(exception.Start, before), Later(exception.End, before));
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            throw Stumble(Later(Mark.Empty, before), Later(Mark.Empty, before));
        }
    }

    private static Mark Later(in Mark mark, ParsingEvent? before) => before is not null && before.End.Index > mark.Index ? before.End : mark;

    private YamlNode ReadNode(int depth)
    {
        var location = Locate(Current.Start);
        if (depth > YamlLimits.MaximumDepth)
        {
            throw Fault(location, $"lists and keys are more than {YamlLimits.MaximumDepth} levels deep");
        }

        if (++_nodes > YamlLimits.MaximumNodes)
        {
            throw TooManyNodes(location);
        }

        switch (Current)
        {
            case AnchorAlias alias:
                return Resolve(alias, location, depth);
            case NodeEvent { Anchor.IsEmpty: false } anchored:
                _anchors[anchored.Anchor.Value] = null;
                var node = ReadContent(location, depth);
                _anchors[anchored.Anchor.Value] = node;
                return node;
            default:
                return ReadContent(location, depth);
        }
    }

    private YamlNode ReadContent(SourceLocation location, int depth)
    {
        if (Current is not NodeEvent node)
        {
            // The parser lets a mapping end after a key in some malformed flows.
            throw Stumble(Current.Start, Current.End);
        }

        CheckTag(node, location);
        switch (Current)
        {
            case SequenceStart start:
                return ReadSequence(location, depth, start.Style == SequenceStyle.Flow);
            case MappingStart start:
                return ReadMapping(location, depth, start.Style == MappingStyle.Flow);
            default:
                var scalar = (Scalar)Current;
                var isString = scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value.EndsWith(":str", StringComparison.Ordinal));
                return new YamlScalar(location, scalar.Value, isString);
        }
    }

    private YamlSequence ReadSequence(SourceLocation location, int depth, bool isFlow)
    {
        Open(location, isFlow);
        var items = new List<YamlNode>();
        var (weight, height) = (1L, 1);
        while (Next() is not SequenceEnd)
        {
            var item = ReadNode(depth + 1);
            items.Add(item);
            Grow(ref weight, ref height, item);
        }

        Close(isFlow);
        return new YamlSequence(location, items, (int)weight, height);
    }

    private YamlMapping ReadMapping(SourceLocation location, int depth, bool isFlow)
    {
        Open(location, isFlow);
        var entries = new List<YamlEntry>();
        var places = new Dictionary<string, SourceLocation>();
        var (weight, height) = (1L, 1);
        while (Next() is not MappingEnd)
        {
            var key = ReadNode(depth + 1);
            Next();
            var value = ReadNode(depth + 1);
            Grow(ref weight, ref height, value);
            if (CheckKey(key, places) is { } text)
            {
                places[text] = key.Location;
                entries.Add(new YamlEntry(key.Location, text, value));
            }
        }

        Close(isFlow);
        return new YamlMapping(location, entries, isFlow, (int)weight, height);
    }

    private string? CheckKey(YamlNode key, Dictionary<string, SourceLocation> places)
    {
        var problem = key switch
        {
            not YamlScalar => "a key must be a text, found a list or keys in brackets",
            YamlScalar { Text: "", IsQuoted: false } => "a key is missing before the ':'",
            YamlScalar { Text: "<<", IsQuoted: false } => "'<<' is not part of YAML 1.2; write the keys out, or share them in a profile",
            YamlScalar scalar when places.TryGetValue(scalar.Text, out var first) =>
                $"the key '{scalar.Text}' is here twice; the first is in line {first.Line}",
            _ => null,
        };
        if (problem is null)
        {
            return ((YamlScalar)key).Text;
        }

        _diagnostics.Add(Diagnostic.Error(key.Location, problem));
        return null;
    }

    private YamlNode Resolve(AnchorAlias alias, SourceLocation location, int depth)
    {
        var name = alias.Value.Value;
        if (!_anchors.TryGetValue(name, out var target))
        {
            throw Fault(location, $"there is no '&{name}' above for '*{name}'; a text that begins with '*' must be in quotes: \"*{name}\"");
        }

        if (target is null)
        {
            throw Fault(location, $"'*{name}' stands inside its own '&{name}'");
        }

        if (depth + target.Height - 1 > YamlLimits.MaximumDepth)
        {
            throw Fault(location, $"with '*{name}' lists and keys are more than {YamlLimits.MaximumDepth} levels deep");
        }

        return target;
    }

    private static void CheckTag(NodeEvent node, SourceLocation location)
    {
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific && !node.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
        {
            throw Fault(location, $"YAML reads '{node.Tag.Value}' as a tag, and tags have no meaning here; a text that begins with '!' must be in quotes");
        }
    }

    private static void Grow(ref long weight, ref int height, YamlNode child)
    {
        weight += child.Weight;
        height = Math.Max(height, child.Height + 1);
        if (weight > YamlLimits.MaximumNodes)
        {
            throw TooManyNodes(child.Location);
        }
    }

    private void Open(SourceLocation location, bool isFlow)
    {
        if (isFlow)
        {
            _openBrackets.Push(location);
        }
    }

    private void Close(bool isFlow)
    {
        if (isFlow)
        {
            _openBrackets.Pop();
        }
    }

    private SourceLocation Locate(in Mark mark) => new(_file, (int)mark.Line, (int)mark.Column);

    private static YamlFaultException Fault(SourceLocation location, string message) => new(Diagnostic.Error(location, message));

    private static YamlFaultException TooManyNodes(SourceLocation location) =>
        Fault(location, $"the document has more than {YamlLimits.MaximumNodes} values, counting what aliases repeat; split it, or use fewer aliases");

    private YamlFaultException Stumble(in Mark start, in Mark end) => new(
        new YamlStumble(_file, _text, _openBrackets.TryPeek(out var bracket) ? bracket : null)
            .Explain((int)start.Line, (int)start.Column, (int)end.Line));
}
