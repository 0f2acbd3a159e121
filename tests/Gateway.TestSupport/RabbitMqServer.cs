namespace Gateway.TestSupport;

/// <summary>A RabbitMQ with its MQTT plug-in on a free loopback port, a node of its own that nothing outlives.</summary>
public sealed class RabbitMqServer : IMqttServer
{
    private readonly DirectoryInfo _folder;
    private readonly PeerProcess _process;
    private readonly int _nameServerPort;

    private RabbitMqServer(DirectoryInfo folder, PeerProcess process, int nameServerPort, string version, int port)
    {
        _folder = folder;
        _process = process;
        _nameServerPort = nameServerPort;
        Name = $"RabbitMQ {version}";
        Uri = new($"mqtt://127.0.0.1:{port}");
    }

    public string Name { get; }

    public Uri Uri { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    public static async Task<RabbitMqServer> StartAsync()
    {
        // Debian's /usr/sbin/rabbitmq-server changes to the service's own user; the script behind it does not.
        var script = Directory.GetDirectories("/usr/lib/rabbitmq/lib", "rabbitmq_server-*").Select(home => Path.Combine(home, "sbin", "rabbitmq-server")).Single(File.Exists);
        var version = script.Split('/').Single(part => part.StartsWith("rabbitmq_server-", StringComparison.Ordinal))["rabbitmq_server-".Length..];
        var folder = Directory.CreateTempSubdirectory("rabbitmq-");
        var (mqtt, nodes, names) = (LoopbackPort.Free(), LoopbackPort.Free(), LoopbackPort.Free());
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "rabbitmq.conf"),
            $"listeners.tcp = none\nmqtt.listeners.tcp.1 = 127.0.0.1:{mqtt}\nmqtt.allow_anonymous = true\nlog.console = false\nlog.file = {folder.FullName}/node.log\n");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "enabled_plugins"), "[rabbitmq_mqtt].\n");
        var process = PeerProcess.Start(script, [], environment: new()
        {
            ["HOME"] = folder.FullName,
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["RABBITMQ_NODENAME"] = "tests@localhost",
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder.FullName, "rabbitmq.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder.FullName, "enabled_plugins"),
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder.FullName, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = folder.FullName,
            ["RABBITMQ_PID_FILE"] = Path.Combine(folder.FullName, "pid"),
            ["RABBITMQ_DIST_PORT"] = $"{nodes}",
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["ERL_EPMD_PORT"] = $"{names}",
        });
        var server = new RabbitMqServer(folder, process, names, version, mqtt);
        try
        {
            await process.WaitForLineContainingAsync("completed with 1 plugins.");
            return server;
        }
        catch (TimeoutException)
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();

        // Erlang's name server was started by the node, and goes on without it.
        await using (var end = PeerProcess.Start("epmd", ["-port", $"{_nameServerPort}", "-kill"]))
        {
            await end.WaitForExitAsync();
        }

        _folder.Delete(recursive: true);
    }
}
