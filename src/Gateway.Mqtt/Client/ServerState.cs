namespace Gateway.Mqtt.Client;

/// <summary>Where one of a client's servers stands.</summary>
public enum ServerStanding
{
    /// <summary>The client is connected to it.</summary>
    Connected,

    /// <summary>Nothing is known against it.</summary>
    Ready,

    /// <summary>It failed last time.</summary>
    Failed,

    /// <summary>It failed, and answers again: the client goes back when that has lasted.</summary>
    Answers,
}

/// <summary>One of a client's servers.</summary>
/// <param name="Server">Its address.</param>
/// <param name="Standing">Where it stands.</param>
/// <param name="Reason">Why it failed last, one sentence; null if it has not.</param>
/// <param name="Since">When it failed, or since when it answers again, UTC; null for the others.</param>
public sealed record ServerState(Uri Server, ServerStanding Standing, string? Reason, DateTimeOffset? Since);
