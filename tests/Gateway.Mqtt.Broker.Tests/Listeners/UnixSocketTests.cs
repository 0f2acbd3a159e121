using System.Net.Sockets;
using System.Runtime.Versioning;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Listeners;

/// <summary>Unix sockets: who may connect, what is removed, and mosquitto's clients there (<c>--unix</c>).</summary>
[SupportedOSPlatform("linux")]
public sealed class UnixSocketTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("unix-");

    private string SocketPath => Path.Combine(_folder.FullName, "mqtt.sock");

    private MqttBrokerOptions Options => new() { Listen = [new Uri("unix:" + SocketPath)] };

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Serves_owner_and_group_and_is_gone_at_stop()
    {
        await using var broker = new MqttBroker(Options);
        await broker.StartAsync(CancellationToken.None);
        using var client = await ConnectAsync();
        await client.SendAsync("@connect4:a c0 00");
        await client.ExpectAsync("@ok4 d0 00");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(SocketPath));
        await broker.StopAsync(CancellationToken.None);
        Assert.False(Path.Exists(SocketPath));
    }

    [Fact]
    public async Task Socket_that_was_left_behind_is_replaced()
    {
        using (var abandoned = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            abandoned.Bind(new UnixDomainSocketEndPoint(SocketPath));
            // Whoever closes it properly removes it: a process that was killed does not.
            File.Move(SocketPath, SocketPath + ".kept");
        }

        File.Move(SocketPath + ".kept", SocketPath);
        await using var broker = new MqttBroker(Options);
        await broker.StartAsync(CancellationToken.None);
        using var client = await ConnectAsync();
        await client.SendAsync("@connect4:a");
        await client.ExpectAsync("@ok4");
    }

    [Fact]
    public async Task Socket_of_a_living_program_stays_its_own()
    {
        await using var first = new MqttBroker(Options);
        await first.StartAsync(CancellationToken.None);
        await using var second = new MqttBroker(Options);
        var error = await Assert.ThrowsAsync<MqttBrokerException>(() => second.StartAsync(CancellationToken.None));
        Assert.Equal($"unix:{SocketPath} cannot be listened on: another program listens there.", error.Message);
        await second.DisposeAsync();
        using var client = await ConnectAsync();
        await client.SendAsync("@connect4:a");
        await client.ExpectAsync("@ok4");
    }

    [Fact]
    public async Task File_in_the_way_is_kept()
    {
        await File.WriteAllTextAsync(SocketPath, "precious");
        await using var broker = new MqttBroker(Options);
        var error = await Assert.ThrowsAsync<MqttBrokerException>(() => broker.StartAsync(CancellationToken.None));
        Assert.Equal($"unix:{SocketPath} cannot be listened on: {SocketPath} is there already, and is no socket that was left behind.", error.Message);
        Assert.Equal("precious", await File.ReadAllTextAsync(SocketPath));
    }

    [Fact]
    public async Task Folder_that_is_not_there_is_named()
    {
        var path = Path.Combine(_folder.FullName, "none", "mqtt.sock");
        await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [new Uri("unix:" + path)] });
        var error = await Assert.ThrowsAsync<MqttBrokerException>(() => broker.StartAsync(CancellationToken.None));
        Assert.Equal($"unix:{path} cannot be listened on: there is no folder {Path.GetDirectoryName(path)}.", error.Message);
    }

    [PeerTheory(Peer.MosquittoClients)]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task Mosquittos_clients_speak_to_it(string version)
    {
        await using var broker = new MqttBroker(Options);
        await broker.StartAsync(CancellationToken.None);
        string[] common = ["--unix", SocketPath, "-V", version, "-q", "2", "-t", "plant/a"];
        await using var sub = PeerProcess.Start("mosquitto_sub", [.. common, "-C", "1", "-F", "%q %t %p"]);
        await Eventually.TrueAsync(() => broker.Counters.Subscriptions == 1, () => sub.Output);
        await using var pub = PeerProcess.Start("mosquitto_pub", [.. common, "-m", "hello"]);
        Assert.True(await pub.WaitForExitAsync() == 0, pub.Output);
        Assert.True(await sub.WaitForExitAsync() == 0, sub.Output);
        Assert.Equal("2 plant/a hello\n", sub.Output);
    }

    private async Task<SocketClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return new SocketClient(socket);
    }
}
