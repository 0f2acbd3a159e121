namespace Gateway.DeviceMaps;

/// <summary>
/// Addresses as people write them, before they are known to be any. What stands before the last @ may be a password: it may hold any character where
/// whoever wrote it escaped none. Within a path an @ is written %40.
/// </summary>
public static class UrlText
{
    /// <summary>An address without what stands before an @ in it, which may be a password and belongs in no message; the same text if there is nothing.</summary>
    public static string WithoutUser(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        var separator = text.IndexOf("://", StringComparison.Ordinal);
        var begin = separator < 0 ? 0 : separator + "://".Length;
        var at = text.LastIndexOf('@');
        return at < begin ? text : string.Concat(text.AsSpan(0, begin), text.AsSpan(at + 1));
    }

    /// <summary>Puts asterisks for what stands between the user's name and the last @ of each address in a line; addresses end with a space.</summary>
    public static void Blank(Span<char> line)
    {
        while (line.IndexOf("://") is var separator and >= 0)
        {
            line = line[(separator + "://".Length)..];
            var end = line.IndexOfAny(' ', '\t') is var space and >= 0 ? space : line.Length;
            var address = line[..end];
            if (address.IndexOf(':') is var colon and >= 0 && address.LastIndexOf('@') is var at && at > colon)
            {
                address[(colon + 1)..at].Fill('*');
            }

            line = line[end..];
        }
    }
}
