namespace Gateway.Runtime.Configuration;

/// <summary>The local broker. Immutable.</summary>
public sealed record BrokerOptions
{
    /// <summary>Where it listens, each with its port; empty: nowhere. Default <c>mqtt://127.0.0.1:1883</c>.</summary>
    public required IReadOnlyList<Uri> Listen { get; init; }

    /// <summary>The users file; null: there is none, and whoever is on this machine may connect.</summary>
    public string? UsersFile { get; init; }
}

/// <summary>The page. Immutable.</summary>
public sealed record WebOptions
{
    /// <summary>Where it listens, each with its port; empty: nowhere. Default <c>http://127.0.0.1:8080</c>.</summary>
    public required IReadOnlyList<Uri> Listen { get; init; }
}
