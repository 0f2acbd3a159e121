using System.Collections.Concurrent;

namespace Gateway.Linux.I2c;

/// <summary>
/// One turn at an adapter, for all in this process that have opened it. The kernel keeps transactions apart; this keeps together those that
/// belong together. Thread-safe; whoever is in may enter again.
/// </summary>
internal sealed class AdapterGate : IDisposable
{
    private static readonly ConcurrentDictionary<string, AdapterGate> Gates = new(StringComparer.Ordinal);

    private readonly Lock _turn = new();

    /// <summary>That of an adapter, whichever of its names it was opened by.</summary>
    public static AdapterGate Of(string path)
    {
        var file = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        return Gates.GetOrAdd(file, static _ => new());
    }

    /// <summary>Waits for the turn, which ends when the result is disposed.</summary>
    public AdapterGate Enter()
    {
        _turn.Enter();
        return this;
    }

    /// <summary>Ends the turn.</summary>
    public void Dispose() => _turn.Exit();
}
