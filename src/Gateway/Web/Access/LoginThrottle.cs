namespace Gateway.Web.Access;

/// <summary>A password that is tried.</summary>
/// <param name="Address">Where.</param>
/// <param name="User">Whose.</param>
/// <param name="IsKnown">Whether that user has logged in there before.</param>
internal readonly record struct LoginTry(string Address, string User, bool IsKnown);

/// <summary>
/// Slows the guessing of passwords. From one address, and for one user from wherever it is tried, three failures cost nothing; after that each
/// doubles the pause until the next try, up to a minute for an address and to two seconds for a user. Who has logged in from an address before is
/// not kept out by what others try elsewhere. A failure is forgotten after a minute without another. Bounded: of more than a thousand addresses
/// or users those that need not wait are forgotten first, and of them those of which nothing was heard for longest. Thread-safe.
/// </summary>
internal sealed class LoginThrottle(TimeProvider timeProvider)
{
    /// <summary>How many addresses, users and known places are remembered, each.</summary>
    public const int Most = 1_000;

    private const int FreeFailures = 3;
    private const int MostDoublings = 16;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestOfAddress = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestOfUser = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Forgetting = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Record> _addresses = [];
    private readonly Dictionary<string, Record> _users = [];
    private readonly Dictionary<string, Record> _known = [];

    /// <summary>
    /// Whether a password may be tried now. A try counts as a failure until it is told to be none, so that many at once are no way round; where the
    /// user has logged in before, it counts only when it has failed, so that programs may come with several at once.
    /// </summary>
    /// <param name="address">Where it is tried.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="attempt">The try, of which the end is to be told.</param>
    /// <param name="wait">How long to wait; zero if it may.</param>
    public bool TryBegin(string address, string user, out LoginTry attempt, out TimeSpan wait)
    {
        lock (_gate)
        {
            attempt = new LoginTry(address, user, _known.ContainsKey(PlaceOf(address, user)));
            wait = RemainingOf(_addresses, address);
            if (!attempt.IsKnown && RemainingOf(_users, user) is var ofName && ofName > wait)
            {
                wait = ofName;
            }

            if (wait > TimeSpan.Zero)
            {
                return false;
            }

            if (!attempt.IsKnown)
            {
                Add(Get(_addresses, address), 1, LongestOfAddress);
                Add(Get(_users, user), 1, LongestOfUser);
            }

            return true;
        }
    }

    /// <summary>The password that was tried was right.</summary>
    public void Succeed(in LoginTry attempt)
    {
        lock (_gate)
        {
            TakeBack(attempt);
            Get(_known, PlaceOf(attempt.Address, attempt.User));
        }
    }

    /// <summary>The password that was tried was wrong.</summary>
    public void Fail(in LoginTry attempt)
    {
        lock (_gate)
        {
            if (attempt.IsKnown)
            {
                Add(Get(_addresses, attempt.Address), 1, LongestOfAddress);
            }
        }
    }

    /// <summary>Nothing was tried after all.</summary>
    public void Abandon(in LoginTry attempt)
    {
        lock (_gate)
        {
            TakeBack(attempt);
        }
    }

    private static string PlaceOf(string address, string user) => $"{address} {user}";

    private Record Get(Dictionary<string, Record> records, string key)
    {
        if (records.TryGetValue(key, out var record))
        {
            record.Heard = timeProvider.GetTimestamp();
            return record;
        }

        if (records.Count >= Most)
        {
            records.Remove(records.MinBy(each => (RemainingOf(each.Value) > TimeSpan.Zero, each.Value.Heard)).Key);
        }

        record = new Record { Heard = timeProvider.GetTimestamp() };
        records.Add(key, record);
        return record;
    }

    private TimeSpan RemainingOf(Dictionary<string, Record> records, string key) =>
        records.TryGetValue(key, out var record) ? RemainingOf(record) : TimeSpan.Zero;

    private TimeSpan RemainingOf(Record record)
    {
        if (record.Failures > 0 && timeProvider.GetElapsedTime(record.FailedAt) >= Forgetting + record.Pause)
        {
            (record.Failures, record.Pause) = (0, TimeSpan.Zero);
        }

        var remaining = record.Pause - timeProvider.GetElapsedTime(record.FailedAt);
        return record.Failures > 0 && remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }

    // Only this try: who has a password may not have other people's guessed for it.
    private void TakeBack(in LoginTry attempt)
    {
        if (attempt.IsKnown)
        {
            return;
        }

        Add(Get(_addresses, attempt.Address), -1, LongestOfAddress);
        Add(Get(_users, attempt.User), -1, LongestOfUser);
    }

    private void Add(Record record, int failures, TimeSpan longest)
    {
        record.Failures = Math.Max(0, record.Failures + failures);
        record.FailedAt = timeProvider.GetTimestamp();
        var pause = record.Failures <= FreeFailures ? TimeSpan.Zero : FirstPause * (1L << Math.Min(record.Failures - FreeFailures - 1, MostDoublings));
        record.Pause = pause < longest ? pause : longest;
    }

    private sealed class Record
    {
        public int Failures { get; set; }

        public long FailedAt { get; set; }

        public TimeSpan Pause { get; set; }

        public long Heard { get; set; }
    }
}
