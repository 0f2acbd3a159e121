using System.Buffers;
using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Files;

/// <summary>Reads a file that people write: text, of a size that people write.</summary>
internal static class SourceText
{
    /// <summary>YAML 1.2.2 §5.1: no control characters but tab and line ends.</summary>
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\u0085'))]);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of a file, without byte order mark; null if it cannot be used, which is reported.</summary>
    public static string? Read(ISourceFiles files, string path, ICollection<Diagnostic> diagnostics)
    {
        try
        {
            using var stream = files.OpenRead(path);
            return Decode(path, ReadBounded(stream), diagnostics);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, 0, 0), "there is no such file"));
        }
        catch (UnauthorizedAccessException)
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, 0, 0), "the file may not be read; check its owner and its mode"));
        }
        catch (IOException exception)
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, 0, 0), $"the file cannot be read: {exception.Message.TrimEnd('.')}"));
        }

        return null;
    }

    /// <summary>At most one byte more than is allowed.</summary>
    private static byte[] ReadBounded(Stream stream)
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while (buffer.Length <= YamlLimits.MaximumFileSize && (read = stream.Read(chunk)) > 0)
        {
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private static string? Decode(string path, byte[] bytes, ICollection<Diagnostic> diagnostics)
    {
        if (bytes.Length > YamlLimits.MaximumFileSize)
        {
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, 0, 0), $"the file is larger than {YamlLimits.MaximumFileSize / 1_048_576} MiB; split it"));
            return null;
        }

        string text;
        try
        {
            text = StrictUtf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException exception)
        {
            var (line, column) = Place(Encoding.Latin1.GetString(bytes.AsSpan(0, exception.Index)));
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, line, column), "the file is not UTF-8 text here; save it as UTF-8"));
            return null;
        }

        var control = text.AsSpan().IndexOfAny(ControlCharacters);
        if (control >= 0)
        {
            var (line, column) = Place(text[..control]);
            diagnostics.Add(Diagnostic.Error(new SourceLocation(path, line, column), $"the character U+{(int)text[control]:X4} is not allowed in a text file; remove it"));
            return null;
        }

        return text;
    }

    private static (int Line, int Column) Place(string before)
    {
        var lines = before.ReplaceLineEndings("\n").Split('\n');
        return (lines.Length, lines[^1].Length + 1);
    }
}
