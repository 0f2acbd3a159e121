using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Configuration;

/// <summary>What a configuration says. Immutable.</summary>
/// <param name="Options">The options; null if anything is wrong.</param>
/// <param name="Diagnostics">All findings, by file, line and column.</param>
public sealed record ConfigurationResult(GatewayOptions? Options, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>What is said of the page, which can be had though the rest is not valid; null if anything is wrong with that.</summary>
    public WebOptions? Web { get; init; }

    /// <summary>Where the device maps are, even if something else is wrong; none if the file cannot be understood.</summary>
    public IReadOnlyList<string> DeviceMaps { get; init; } = [];
}

/// <summary>Reads <c>gateway.yaml</c>. Reports everything that is wrong, not the first thing only.</summary>
public sealed class ConfigurationLoader
{
    private readonly ISourceFiles _files;
    private readonly Func<string, string?> _environment;
    private readonly string _hostName;

    /// <param name="files">Where the configuration and the files that it names are kept.</param>
    /// <param name="environment">The environment's variables, for secrets; null: the process's own.</param>
    /// <param name="hostName">The machine's name; null: its real one.</param>
    public ConfigurationLoader(ISourceFiles files, Func<string, string?>? environment = null, string? hostName = null)
    {
        _files = files;
        _environment = environment ?? Environment.GetEnvironmentVariable;
        _hostName = hostName ?? Environment.MachineName;
    }

    /// <summary>Reads a configuration. An empty file has all the defaults.</summary>
    /// <param name="path">The file.</param>
    public ConfigurationResult Load(string path)
    {
        var diagnostics = new List<Diagnostic>();
        if (SettingsFile.Read(_files, path, ConfigurationSchema.Schema, diagnostics) is not { } settings)
        {
            return new ConfigurationResult(null, Diagnostics.Arrange(diagnostics));
        }

        var options = Build(settings, new ConfigurationPlace(_files, path, _hostName), diagnostics, out var web);
        return new ConfigurationResult(diagnostics.Any(IsError) ? null : options, Diagnostics.Arrange(diagnostics))
        {
            DeviceMaps = options.DeviceMaps,
            Web = web,
        };
    }

    private GatewayOptions Build(Settings settings, ConfigurationPlace place, List<Diagnostic> diagnostics, out WebOptions? validWeb)
    {
        var site = ReadSite(settings, diagnostics);
        var listeners = new ListenerReader(place, diagnostics);
        var brokerSettings = settings.Get<Settings>("broker");
        var broker = new BrokerReader(_files, place, diagnostics).Read(brokerSettings, listeners.ReadBroker(brokerSettings));
        var others = diagnostics.Count;
        var web = listeners.ReadWeb(settings.Get<Settings>("web"), broker);
        validWeb = settings.FaultyKeys.Contains("web") || diagnostics.Skip(others).Any(IsError) ? null : web;
        var publish = PublishReader.Read(settings.Get<Settings>("publish"), diagnostics);
        var uplinks = new UplinksReader(names => new UplinkReader(_files, place, _environment, diagnostics, names), diagnostics)
            .Read(settings.TryGet<IReadOnlyList<Settings>>("uplink", out var written) ? written : [], site, publish, broker.Listen);
        return new GatewayOptions
        {
            Site = site,
            DeviceMaps = ReadDeviceMaps(settings, place, diagnostics),
            Data = settings.TryGet<string>("data", out var data) ? place.Resolve(data) : "",
            IsClockTrusted = settings.TryGet<string>("clock", out var clock) && clock == "trusted",
            Uplinks = uplinks,
            Bridge = settings.TryGet<Settings>("bridge", out var bridge)
                ? new BridgeReader(new UplinkReader(_files, place, _environment, diagnostics, UplinkReader.OfBridge), diagnostics).Read(bridge, site, uplinks, broker.Listen)
                : null,
            Publish = publish,
            Queue = ReadQueue(settings.Get<Settings>("queue"), diagnostics),
            Broker = broker,
            Metrics = MetricsSectionReader.Read(settings.Get<Settings>("metrics"), diagnostics),
            Web = web,
            Serve = new ServeReader(place, diagnostics).Read(settings),
        };
    }

    private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;

    private string ReadSite(Settings settings, List<Diagnostic> diagnostics)
    {
        if (!settings.TryGet<string>("site", out var site))
        {
            return _hostName;
        }

        if (TopicLevel.Refuse(site) is { } reason)
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("site"), $"'{site}' cannot be the name of the site: {reason}"));
        }

        return site;
    }

    private List<string> ReadDeviceMaps(Settings settings, ConfigurationPlace place, List<Diagnostic> diagnostics)
    {
        var paths = new List<string>();
        foreach (var written in settings.TryGet<IReadOnlyList<string>>("devicemaps", out var texts) ? texts : [])
        {
            var path = place.Resolve(written);
            if (_files.IsFolder(path) || _files.IsFile(path))
            {
                paths.Add(path);
                continue;
            }

            diagnostics.Add(settings.IsWritten("devicemaps")
                ? Diagnostic.Error(settings.Locate("devicemaps"), $"there is no folder '{path}', which 'devicemaps' names")
                : Diagnostic.Warning(new SourceLocation(settings.Location.File, 0, 0), $"there is no folder '{path}' with device maps, so nothing is polled"));
        }

        return paths;
    }

    private static OfflineQueueOptions ReadQueue(Settings queue, List<Diagnostic> diagnostics)
    {
        var options = ReadQueueOptions(queue);
        if (options is { DrainRate: { } rate, Drain: DrainOrder.Strict })
        {
            diagnostics.Add(Diagnostic.Warning(
                queue.Locate("drain-rate"), $"with 'drain: strict' 'drain-rate' slows down live readings too, and what waits grows for ever where more than {rate} a second are read; 'drain: live-first' spares them"));
        }

        return options;
    }

    private static OfflineQueueOptions ReadQueueOptions(Settings queue) => new()
    {
        MaxSizeBytes = queue.TryGet<long>("max-size", out var size) ? size : 0,
        KeepFreeBytes = queue.TryGet<long>("keep-free", out var free) ? free : 0,
        MemoryBytes = queue.TryGet<long>("memory", out var memory) ? (int)memory : 0,
        MaxAge = queue.TryGet<TimeSpan>("max-age", out var age) ? age : default,
        Full = queue.TryGet<string>("full", out var full) ? full switch
        {
            "drop-newest" => FullPolicy.DropNewest,
            "thin-out" => FullPolicy.ThinOut,
            "block" => FullPolicy.Block,
            _ => FullPolicy.DropOldest,
        } : default,
        Drain = queue.TryGet<string>("drain", out var drain) && drain == "live-first" ? DrainOrder.LiveFirst : DrainOrder.Strict,
        DrainRate = queue.TryGet<long>("drain-rate", out var rate) ? (int)rate : null,

        // 'none' is a text, any other value a duration.
        MaxLoss = queue.TryGet<object>("max-loss", out var loss) && loss is TimeSpan duration ? duration : TimeSpan.Zero,
    };
}
