namespace Gateway.DeviceMaps;

/// <summary>Addresses as people write them, before they are known to be any.</summary>
public static class UrlText
{
    /// <summary>An address without what stands before an @ in it, which may be a password and belongs in no message; the same text if there is nothing.</summary>
    public static string WithoutUser(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // The last @: a password may hold any character where whoever wrote it escaped none. Within a path it is written %40.
        var separator = text.IndexOf("://", StringComparison.Ordinal);
        var begin = separator < 0 ? 0 : separator + "://".Length;
        var at = text.LastIndexOf('@');
        return at < begin ? text : string.Concat(text.AsSpan(0, begin), text.AsSpan(at + 1));
    }
}
