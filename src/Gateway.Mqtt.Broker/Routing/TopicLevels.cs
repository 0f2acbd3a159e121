namespace Gateway.Mqtt.Broker.Routing;

/// <summary>Cuts a topic name or filter at its separators, one level at a time.</summary>
internal static class TopicLevels
{
    public const byte Separator = (byte)'/';

    public static ReadOnlySpan<byte> Plus => "+"u8;

    public static ReadOnlySpan<byte> Hash => "#"u8;

    /// <summary>
    /// Takes the first level off <paramref name="rest"/>. False when that was the last one:
    /// <c>a/</c> has two levels, the second of them empty.
    /// </summary>
    public static bool Take(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> level)
    {
        var separator = rest.IndexOf(Separator);
        if (separator < 0)
        {
            level = rest;
            rest = default;
            return false;
        }

        level = rest[..separator];
        rest = rest[(separator + 1)..];
        return true;
    }

    public static int Count(ReadOnlySpan<byte> topic) => topic.Count(Separator) + 1;
}
