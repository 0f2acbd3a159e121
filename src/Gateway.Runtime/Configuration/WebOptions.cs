using Gateway.Mqtt.Broker.Listeners;

namespace Gateway.Runtime.Configuration;

/// <summary>The page. Immutable.</summary>
public sealed record WebOptions
{
    /// <summary>Where it listens, each with its port; empty: nowhere. Default <c>http://127.0.0.1:8080</c>.</summary>
    public required IReadOnlyList<Uri> Listen { get; init; }

    /// <summary>Who may log in; null: nobody, and only this machine is let in.</summary>
    public string? UsersFile { get; init; }

    /// <summary>Whether those on this machine log in, too: the page has users of its own. Default false.</summary>
    public bool HasOwnUsers { get; init; }

    /// <summary>The certificate of the https listeners; null: there are none.</summary>
    public ListenerTlsOptions? Tls { get; init; }

    /// <summary>Room on the disk for what values were, bytes; 0: the last hour in memory is all. Default 100 MB.</summary>
    public long HistoryBytes { get; init; } = 100_000_000;

    /// <summary>Whether what is wrong with the configuration is all that is shown, since it is not known who may see more. Default false.</summary>
    public bool ShowsProblemsOnly { get; init; }

    /// <summary>Whether who comes to a listener has to log in.</summary>
    public bool NeedsLogIn(Uri listener) => HasOwnUsers || !Address.IsLoopback(listener);
}
