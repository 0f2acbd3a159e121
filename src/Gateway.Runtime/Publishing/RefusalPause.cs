namespace Gateway.Runtime.Publishing;

/// <summary>The pauses after refusals: 1 s, doubled with each, at most 30 s. Pure; not thread-safe.</summary>
internal sealed class RefusalPause
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private TimeSpan _next = First;

    /// <summary>The next pause.</summary>
    public TimeSpan Next()
    {
        var pause = _next;
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return pause;
    }

    /// <summary>The broker takes messages.</summary>
    public void Reset() => _next = First;
}
