using Gateway.Hosting;

namespace Gateway.Web.Setup;

/// <summary>The answers of the guide.</summary>
internal sealed record SetupRequest
{
    /// <summary>The site; null: the host name.</summary>
    public string? Site { get; init; }

    /// <summary>The upstream broker; null: none.</summary>
    public SetupUplink? Uplink { get; init; }

    /// <summary>The first bus; null: none.</summary>
    public SetupBus? Bus { get; init; }

    /// <summary>Whether to write the files, and not only to show them.</summary>
    public bool Write { get; init; }

    /// <summary>The answers as they make a configuration.</summary>
    public FirstAnswers ToAnswers() => new()
    {
        Site = Site is { Length: > 0 } site ? site : Environment.MachineName,
        Uplink = Uplink is null ? null : new FirstUplink(Uplink.Url ?? "", TextOf(Uplink.Username)) { Password = TextOf(Uplink.Password) },
        Bus = Bus is null ? null : new FirstBus(PairsOf(Bus.Keys), PairsOf(Bus.Device)),
    };

    private static string? TextOf(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static List<KeyValuePair<string, string>> PairsOf(IReadOnlyList<IReadOnlyList<string>>? pairs) =>
        [.. (pairs ?? []).Where(pair => pair is [not null, not null]).Select(pair => KeyValuePair.Create(pair[0], pair[1]))];
}

/// <summary>The upstream broker.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Username">Who the gateway is there; null: nobody.</param>
/// <param name="Password">The password, which gets a file of its own; null: none.</param>
internal sealed record SetupUplink(string? Url, string? Username, string? Password);

/// <summary>The first bus, with its first device: keys and values as a map has them.</summary>
/// <param name="Keys">Those of the bus.</param>
/// <param name="Device">Those of the device.</param>
internal sealed record SetupBus(IReadOnlyList<IReadOnlyList<string>>? Keys, IReadOnlyList<IReadOnlyList<string>>? Device);
