namespace Gateway.Mqtt.Client;

/// <summary>
/// What is remembered of servers: each failure has a weight of one, which halves with every <see cref="HalfLife"/>, and the heavier a
/// server is, the later it is tried. Thread-safe; times are monotonic, from any origin.
/// </summary>
internal sealed class ServerHealth
{
    /// <summary>In which a failure loses half of its weight.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(1);

    private const int Heaviest = 32;
    private const int MaximumDoublings = 4;

    // The options name a few servers; references might lead to any number.
    private const int MaximumServers = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<Uri, Memory> _servers = [];

    /// <summary>An attempt failed, or a connection ended as none should.</summary>
    /// <param name="server">The server.</param>
    /// <param name="reason">Why, one sentence.</param>
    /// <param name="wasAccepted">It had accepted the connection.</param>
    /// <param name="now">Now.</param>
    public void Failed(Uri server, string reason, bool wasAccepted, TimeSpan now)
    {
        lock (_gate)
        {
            if (_servers.Count >= MaximumServers && !_servers.ContainsKey(server))
            {
                _servers.Clear();
            }

            var before = Recall(server);
            var isDrop = wasAccepted || before.IsOnTrial;
            _servers[server] = new Memory(Math.Min(Heaviest, WeightOf(before, now) + 1), now, reason, before.Drops + (isDrop ? 1 : 0), null, false);
        }
    }

    /// <summary>A connection has lasted: nothing is held against the server any more.</summary>
    public void Settled(Uri server)
    {
        lock (_gate)
        {
            _servers.Remove(server);
        }
    }

    /// <summary>A good connection is left for the server: it may be tried in its turn, whatever it did, and if it fails again that is a drop.</summary>
    public void GoingBack(Uri server)
    {
        lock (_gate)
        {
            _servers[server] = Recall(server) with { Weight = 0, AnswersSince = null, IsOnTrial = true };
        }
    }

    /// <summary>Nobody was connected to the server, and somebody looked whether it answers.</summary>
    /// <param name="server">The server.</param>
    /// <param name="problem">Why not, one sentence; null: it does.</param>
    /// <param name="now">Now.</param>
    public void Probed(Uri server, string? problem, TimeSpan now)
    {
        lock (_gate)
        {
            var before = Recall(server);
            _servers[server] = problem is null
                ? before with { AnswersSince = before.AnswersSince ?? now }
                : before with { AnswersSince = null, Reason = problem, FailedAt = now };
        }
    }

    /// <summary>Nobody looks any more.</summary>
    public void ProbesEnded()
    {
        lock (_gate)
        {
            foreach (var (server, memory) in _servers.Where(entry => entry.Value.AnswersSince is not null).ToArray())
            {
                _servers[server] = memory with { AnswersSince = null };
            }
        }
    }

    /// <summary>Whether a server has answered for so long; for twice as long for each time but one that it accepted a connection and dropped it, or failed when it was gone back to.</summary>
    public bool HasAnsweredFor(Uri server, TimeSpan quiet, TimeSpan now)
    {
        lock (_gate)
        {
            var memory = Recall(server);
            return memory.AnswersSince is { } since && now - since >= quiet * (1 << Math.Clamp(memory.Drops - 1, 0, MaximumDoublings));
        }
    }

    /// <summary>The servers as they are to be tried: those with less weight first, else in the order that they have.</summary>
    public IReadOnlyList<Uri> Arrange(IEnumerable<Uri> servers, TimeSpan now)
    {
        lock (_gate)
        {
            return [.. servers.OrderBy(server => WeightOf(Recall(server), now))];
        }
    }

    /// <summary>Why the server failed last and when, and since when it answers again; nulls where that is not known.</summary>
    public (string? Reason, TimeSpan? FailedAt, TimeSpan? AnswersSince) Find(Uri server)
    {
        lock (_gate)
        {
            var memory = Recall(server);
            return (memory.Reason, memory.FailedAt, memory.AnswersSince);
        }
    }

    private Memory Recall(Uri server) => _servers.TryGetValue(server, out var memory) ? memory : new Memory(0, null, null, 0, null, false);

    private static int WeightOf(in Memory memory, TimeSpan now) =>
        memory.FailedAt is { } at ? memory.Weight >> (int)Math.Min(31, Math.Max(0, (now - at) / HalfLife)) : 0;

    /// <param name="Weight">As of the last failure.</param>
    /// <param name="FailedAt">The last failure; null: none.</param>
    /// <param name="Reason">Of the last failure.</param>
    /// <param name="Drops">Connections that it accepted and dropped, or did not accept when it was gone back to, since one lasted.</param>
    /// <param name="AnswersSince">Since when each probe was answered.</param>
    /// <param name="IsOnTrial">It was gone back to, and has not failed since.</param>
    private readonly record struct Memory(int Weight, TimeSpan? FailedAt, string? Reason, int Drops, TimeSpan? AnswersSince, bool IsOnTrial);
}
