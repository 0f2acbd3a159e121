using System.Security.Cryptography;
using System.Text;

namespace Gateway.Web.Access;

/// <summary>
/// Who is logged in. In memory only: a restart ends all sessions. A session ends an hour after its last request, and a week after its log-in in any
/// case; of more than 256, those that were used least recently. Thread-safe.
/// </summary>
internal sealed class WebSessions(TimeProvider timeProvider)
{
    /// <summary>How many sessions there may be.</summary>
    public const int Most = 256;

    /// <summary>How long a session lasts without a request.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromHours(1);

    /// <summary>How long a session lasts.</summary>
    public static readonly TimeSpan LongestTime = TimeSpan.FromDays(7);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>The visit of those who need not log in.</summary>
    public WebSession Anonymous { get; } = new(user: null);

    /// <summary>Begins a session.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="isUser">Whether that is a user still: what was checked may be true no more, and <see cref="CloseAll"/> ends only what has begun.</param>
    /// <returns>The session, and what the browser shows to be in it; null if it is no user any more.</returns>
    public (WebSession Session, string Token)? Open(string user, Func<bool> isUser)
    {
        var (session, token) = (new WebSession(user), WebSession.CreateToken());
        var now = timeProvider.GetTimestamp();
        lock (_gate)
        {
            if (!isUser())
            {
                return null;
            }

            RemoveEnded();
            if (_entries.Count >= Most)
            {
                Remove(_entries.MinBy(entry => entry.Value.Used).Key);
            }

            _entries.Add(KeyOf(token), new Entry(session, now) { Used = now });
        }

        return (session, token);
    }

    /// <summary>The session that a browser shows to be in, which counts as a use of it; null: none, or one that has ended.</summary>
    public WebSession? Find(string? token)
    {
        if (token is null)
        {
            return null;
        }

        lock (_gate)
        {
            if (!_entries.TryGetValue(KeyOf(token), out var entry))
            {
                return null;
            }

            if (HasEnded(entry))
            {
                Remove(KeyOf(token));
                return null;
            }

            entry.Used = timeProvider.GetTimestamp();
            return entry.Session;
        }
    }

    /// <summary>Whether a browser shows to be in a session, which does not count as a use of it.</summary>
    public bool Has(string? token)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(KeyOf(token ?? ""), out var entry) && !HasEnded(entry);
        }
    }

    /// <summary>Ends a session.</summary>
    public void Close(string? token)
    {
        lock (_gate)
        {
            Remove(KeyOf(token ?? ""));
        }
    }

    /// <summary>Ends all sessions: somebody may be no user any more, or have another password.</summary>
    public void CloseAll()
    {
        lock (_gate)
        {
            foreach (var key in _entries.Keys)
            {
                Remove(key);
            }
        }
    }

    // The digest, so that a comparison that takes its time tells nothing of the token.
    private static string KeyOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private bool HasEnded(Entry entry) =>
        timeProvider.GetElapsedTime(entry.Used) >= IdleTime || timeProvider.GetElapsedTime(entry.Opened) >= LongestTime;

    private void RemoveEnded()
    {
        foreach (var key in _entries.Where(entry => HasEnded(entry.Value)).Select(entry => entry.Key).ToArray())
        {
            Remove(key);
        }
    }

    private void Remove(string key)
    {
        if (_entries.Remove(key, out var entry))
        {
            entry.Session.IsOpen = false;
        }
    }

    private sealed record Entry(WebSession Session, long Opened)
    {
        public long Used { get; set; }
    }
}
