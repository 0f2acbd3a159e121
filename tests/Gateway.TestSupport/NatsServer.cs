namespace Gateway.TestSupport;

/// <summary>A nats-server whose MQTT listener is on a free loopback port, with data of its own.</summary>
public sealed class NatsServer : IMqttServer
{
    private readonly DirectoryInfo _folder;
    private readonly PeerProcess _process;

    private NatsServer(DirectoryInfo folder, PeerProcess process, string version, int port)
    {
        _folder = folder;
        _process = process;
        Name = $"nats-server {version}";
        Uri = new($"mqtt://127.0.0.1:{port}");
    }

    public string Name { get; }

    public Uri Uri { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    public static async Task<NatsServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("nats-");
        var (clients, mqtt) = (LoopbackPort.Free(), LoopbackPort.Free());
        var file = Path.Combine(folder.FullName, "nats.conf");

        // Its MQTT keeps sessions and retained messages in JetStream, which needs a server name.
        await File.WriteAllTextAsync(
            file,
            $$"""
            server_name: tests
            listen: "127.0.0.1:{{clients}}"
            jetstream { store_dir: "{{folder.FullName}}" }
            mqtt { listen: "127.0.0.1:{{mqtt}}" }
            """);
        var process = PeerProcess.Start("nats-server", ["-c", file]);
        var version = await process.WaitForLineContainingAsync("Version:");
        await process.WaitForLineContainingAsync("Server is ready");
        return new NatsServer(folder, process, version[(version.LastIndexOf(' ') + 1)..], mqtt);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
