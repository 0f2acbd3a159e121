using System.Numerics;
using System.Text.Unicode;

namespace Gateway.Mqtt.Topics;

/// <summary>Topic Filters: what a client subscribes to, with wildcards and shares. MQTT 5.0 §4.7, §4.8.</summary>
public static class TopicFilter
{
    /// <summary>What a Shared Subscription's filter begins with. MQTT 5.0 §4.8.2.</summary>
    public const string SharePrefix = "$share/";

    /// <summary>Whether these bytes are a Topic Filter, shared or not.</summary>
    /// <param name="filter">UTF-8.</param>
    public static bool IsValid(ReadOnlySpan<byte> filter) =>
        filter.Length is > 0 and <= TopicName.MaximumLength
        && !filter.Contains((byte)0) && Utf8.IsValid(filter) && HasValidLevels(filter);

    /// <summary>Whether this text is a Topic Filter, shared or not.</summary>
    /// <param name="filter">UTF-16.</param>
    public static bool IsValid(ReadOnlySpan<char> filter) =>
        filter.Length > 0 && !filter.Contains('\0') && TopicText.FitsInUtf8(filter) && HasValidLevels(filter);

    /// <summary>True for <c>$share/…</c>, whether or not the rest is well formed.</summary>
    /// <param name="filter">A Topic Filter.</param>
    public static bool IsShared(ReadOnlySpan<char> filter) => filter.StartsWith(SharePrefix);

    /// <summary>Splits <c>$share/{group}/{filter}</c>.</summary>
    /// <param name="text">A valid Topic Filter.</param>
    /// <param name="shareName">The group; empty if the subscription is not shared.</param>
    /// <param name="filter">The filter that messages are matched against.</param>
    /// <returns>True if the subscription is shared.</returns>
    public static bool TrySplitShare(ReadOnlySpan<char> text, out ReadOnlySpan<char> shareName, out ReadOnlySpan<char> filter)
    {
        shareName = [];
        filter = text;
        if (!IsShared(text))
        {
            return false;
        }

        var rest = text[SharePrefix.Length..];
        var slash = rest.IndexOf('/');
        if (slash < 0)
        {
            return false;
        }

        shareName = rest[..slash];
        filter = rest[(slash + 1)..];
        return true;
    }

    /// <summary>Whether a Topic Name matches. No share prefix here: see <see cref="TrySplitShare"/>.</summary>
    /// <param name="filter">A valid Topic Filter without share, UTF-16.</param>
    /// <param name="topic">A valid Topic Name, UTF-16.</param>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic) => MatchesLevels(filter, topic);

    /// <summary>Whether a Topic Name matches. No share prefix here: see <see cref="TrySplitShare"/>.</summary>
    /// <param name="filter">A valid Topic Filter without share, UTF-8.</param>
    /// <param name="topic">A valid Topic Name, UTF-8.</param>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic) => MatchesLevels(filter, topic);

    // §4.7.1: a wildcard fills its level, and # comes last. §4.8.2: a share name is not empty and has no wildcard,
    // and a filter follows it.
    private static bool HasValidLevels<T>(ReadOnlySpan<T> filter)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (StartsWithShare(filter))
        {
            var rest = filter[SharePrefix.Length..];
            var slash = rest.IndexOf(T.CreateTruncating('/'));
            return slash > 0
                && !rest[..slash].ContainsAny(T.CreateTruncating('+'), T.CreateTruncating('#'))
                && slash + 1 < rest.Length
                && HasValidWildcards(rest[(slash + 1)..]);
        }

        return HasValidWildcards(filter);
    }

    private static bool HasValidWildcards<T>(ReadOnlySpan<T> filter)
        where T : unmanaged, IBinaryInteger<T>
    {
        var separator = T.CreateTruncating('/');
        var at = 0;
        while (true)
        {
            var next = filter[at..].IndexOfAny(T.CreateTruncating('+'), T.CreateTruncating('#'));
            if (next < 0)
            {
                return true;
            }

            at += next;
            var isLast = at == filter.Length - 1;
            var beginsLevel = at == 0 || filter[at - 1] == separator;
            var endsLevel = isLast || (filter[at] == T.CreateTruncating('+') && filter[at + 1] == separator);
            if (!beginsLevel || !endsLevel)
            {
                return false;
            }

            at++;
        }
    }

    private static bool StartsWithShare<T>(ReadOnlySpan<T> filter)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (filter.Length < SharePrefix.Length)
        {
            return false;
        }

        for (var i = 0; i < SharePrefix.Length; i++)
        {
            if (filter[i] != T.CreateTruncating(SharePrefix[i]))
            {
                return false;
            }
        }

        return true;
    }

    // §4.7.2: a wildcard in first place does not match a topic that begins with $.
    private static bool MatchesLevels<T>(ReadOnlySpan<T> filter, ReadOnlySpan<T> topic)
        where T : unmanaged, IBinaryInteger<T>
    {
        var separator = T.CreateTruncating('/');
        var plus = T.CreateTruncating('+');
        var hash = T.CreateTruncating('#');
        if (TopicName.StartsWithDollar(topic) && (filter[0] == plus || filter[0] == hash))
        {
            return false;
        }

        while (true)
        {
            var filterEnd = filter.IndexOf(separator);
            var filterLevel = filterEnd < 0 ? filter : filter[..filterEnd];
            if (filterLevel.Length == 1 && filterLevel[0] == hash)
            {
                return true;
            }

            var topicEnd = topic.IndexOf(separator);
            var topicLevel = topicEnd < 0 ? topic : topic[..topicEnd];
            var isPlus = filterLevel.Length == 1 && filterLevel[0] == plus;
            if (!isPlus && !filterLevel.SequenceEqual(topicLevel))
            {
                return false;
            }

            if (topicEnd < 0)
            {
                // "a/#" matches "a", the parent, too.
                return filterEnd < 0 || (filter.Length == filterEnd + 2 && filter[filterEnd + 1] == hash);
            }

            if (filterEnd < 0)
            {
                return false;
            }

            filter = filter[(filterEnd + 1)..];
            topic = topic[(topicEnd + 1)..];
        }
    }
}
