using System.Globalization;

namespace Gateway.TestSupport;

/// <summary>aedes, a server for Node, on a free loopback port.</summary>
public sealed class AedesServer : IMqttServer
{
    private readonly PeerProcess _process;

    private AedesServer(PeerProcess process, string name, int port)
    {
        _process = process;
        Name = name;
        Uri = new($"mqtt://127.0.0.1:{port}");
    }

    public string Name { get; }

    public Uri Uri { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    public static async Task<AedesServer> StartAsync()
    {
        const string Listening = "listening: ";
        var port = LoopbackPort.Free();
        var process = PeerProcess.Start("node", [JavaScript.Locate("aedes.mjs"), port.ToString(CultureInfo.InvariantCulture)]);
        var line = await process.WaitForLineAsync(Listening);
        return new AedesServer(process, line[Listening.Length..], port);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
