namespace Gateway.TestSupport;

/// <summary>A folder with a configuration, maps and data of a gateway of its own, whose broker and page have free ports. Removed at the end.</summary>
public sealed class GatewayFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public GatewayFolder()
    {
        Directory.CreateDirectory(MapFolder);
        BrokerPort = LoopbackPort.Free();
        WebPort = LoopbackPort.Free();
    }

    public string Path => _folder.FullName;

    public string ConfigurationPath => System.IO.Path.Combine(Path, "gateway.yaml");

    public string MapFolder => System.IO.Path.Combine(Path, "devicemaps");

    public string DataFolder => System.IO.Path.Combine(Path, "data");

    public int BrokerPort { get; }

    public int WebPort { get; }

    /// <summary>Writes the configuration: a site, the folder's ports and data, and further lines.</summary>
    public void Configure(string more = "", string site = "plant1") => File.WriteAllText(ConfigurationPath, $$"""
        site: {{site}}
        data: data
        broker: { listen: "mqtt://127.0.0.1:{{BrokerPort}}" }
        web: { listen: "http://127.0.0.1:{{WebPort}}" }
        {{more}}

        """);

    /// <summary>Writes a map as editors do: beside it, then over it.</summary>
    public void WriteMap(string name, string text)
    {
        var path = System.IO.Path.Combine(MapFolder, name);
        var temporary = path + ".new";
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Starts <c>gateway run</c> on it.</summary>
    /// <param name="environment">More environment variables.</param>
    /// <param name="obeysPermissions">As of <see cref="GatewayProcess.Start(IEnumerable{string}, string?, IReadOnlyDictionary{string, string}?, string?, bool, IReadOnlyList{string}?)"/>.</param>
    /// <param name="arguments">More arguments.</param>
    public GatewayProcess Run(IReadOnlyDictionary<string, string>? environment = null, bool obeysPermissions = false, params string[] arguments) =>
        GatewayProcess.Start(["run", "--config", ConfigurationPath, .. arguments], folder: null, environment, input: null, obeysPermissions);

    public void Dispose() => _folder.Delete(recursive: true);
}
