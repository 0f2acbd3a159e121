using System.Text;
using System.Text.Json;

namespace Gateway.Drivers.Serial.Fields;

/// <summary>One frame as bytes, text, JSON and columns; each is made when it is asked for first.</summary>
internal sealed class FrameView
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 32, CommentHandling = JsonCommentHandling.Skip };

    private readonly byte[] _body;
    private readonly char _separator;
    private string? _text;
    private IReadOnlyList<string>? _columns;
    private JsonElement? _json;
    private bool _isJsonRead;

    /// <param name="frame">The whole frame.</param>
    /// <param name="body">What is between its start and its end.</param>
    /// <param name="separator">What stands between columns.</param>
    public FrameView(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> body, char separator)
    {
        Bytes = frame.ToArray();
        _body = body.ToArray();
        _separator = separator;
    }

    /// <summary>The whole frame.</summary>
    public byte[] Bytes { get; }

    /// <summary>What is between start and end, as UTF-8, or as Latin-1 if it is none.</summary>
    public string Text => _text ??= Decode(_body);

    /// <summary>The columns of a line; a column in quotes may have separators in it, and quotes doubled. RFC 4180 §2.</summary>
    public IReadOnlyList<string> Columns => _columns ??= Split(Text, _separator);

    /// <summary>The root of a JSON text; null if the text is none.</summary>
    public JsonElement? Json
    {
        get
        {
            if (!_isJsonRead)
            {
                _isJsonRead = true;
                _json = ReadJson(_body);
            }

            return _json;
        }
    }

    private static string Decode(byte[] bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    private static JsonElement? ReadJson(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, JsonOptions);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<string> Split(string line, char separator)
    {
        var columns = new List<string>();
        var column = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var character = line[i];
            if (character == '"' && isQuoted && i + 1 < line.Length && line[i + 1] == '"')
            {
                column.Append(character);
                i++;
            }
            else if (character == '"' && (isQuoted || column.ToString().Trim().Length == 0))
            {
                isQuoted = !isQuoted;
            }
            else if (character == separator && !isQuoted)
            {
                columns.Add(column.ToString().Trim());
                column.Clear();
            }
            else
            {
                column.Append(character);
            }
        }

        columns.Add(column.ToString().Trim());
        return columns;
    }
}
