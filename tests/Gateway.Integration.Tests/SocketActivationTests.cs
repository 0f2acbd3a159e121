using System.Net;
using System.Net.Sockets;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>Sockets on which systemd listens for the broker, passed by its own <c>systemd-socket-activate</c>.</summary>
public sealed class SocketActivationTests : IDisposable
{
    private const int CloseOnExec = 0x80000;

    private readonly GatewayFolder _folder = new();

    private string Unix => Path.Combine(_folder.Path, "mqtt.sock");

    public void Dispose() => _folder.Dispose();

    [PeerFact(Peer.SystemdSocketActivate, Peer.MosquittoClients)]
    public async Task Clients_that_came_first_are_served_by_every_kind_of_listener_and_by_the_next_broker_of_the_process()
    {
        using var certificates = new TestCertificates();
        var (plain, tls) = (_folder.BrokerPort, LoopbackPort.Free());
        void Configure(string listeners, int connections) => File.WriteAllText(_folder.ConfigurationPath, $$"""
            data: data
            web: { listen: [] }
            broker:
              listen: [{{listeners}}]
              tls: { certificate: {{certificates.Certificate("server")}}, key: {{certificates.Key("server")}} }
              limits: { connections: {{connections}} }

            """);
        Configure($"\"mqtt://127.0.0.1:{plain}\", \"mqtts://127.0.0.1:{tls}\", \"unix:{Unix}\"", 100);

        // It starts the gateway when the first client comes.
        await using var gateway = Start($"127.0.0.1:{plain}", $"127.0.0.1:{tls}", Unix);
        await Eventually.TrueAsync(() => File.Exists(Unix), () => gateway.Error);
        await using (var subscriber = await MosquittoSubscriber.StartAsync(plain, "a/#", 1))
        {
            await PublishAsync("-p", $"{tls}", "--cafile", certificates.Authority, "-t", "a/tls");
            await PublishAsync("--unix", Unix, "-t", "a/unix");
            await subscriber.WaitForAsync(2);
            Assert.Equal(["a/tls 0 1 x", "a/unix 0 1 x"], subscriber.Messages);
        }

        await gateway.WaitForErrorAsync($"127.0.0.1:{plain}, the socket of systemd)");
        for (var descriptor = 3; descriptor < 6; descriptor++)
        {
            var flags = (await File.ReadAllLinesAsync($"/proc/{gateway.Id}/fdinfo/{descriptor}")).First(line => line.StartsWith("flags:", StringComparison.Ordinal));
            Assert.NotEqual(0, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & CloseOnExec);
        }

        // Another broker in the same process, without one listener, and with it again.
        Configure($"\"mqtt://127.0.0.1:{plain}\", \"unix:{Unix}\"", 101);
        await gateway.WaitForErrorAsync($"systemd listens on 127.0.0.1:{tls} for the broker, which has no listener of that address");
        Configure($"\"mqtt://127.0.0.1:{plain}\", \"mqtts://127.0.0.1:{tls}\", \"unix:{Unix}\"", 102);
        await Eventually.TrueAsync(() => gateway.Error.Split($"127.0.0.1:{tls}, the socket of systemd)").Length == 3, () => gateway.Error);
        await using (var subscriber = await MosquittoSubscriber.StartAsync(plain, "a/#", 1))
        {
            await PublishAsync("-p", $"{tls}", "--cafile", certificates.Authority, "-t", "a/tls");
            await PublishAsync("--unix", Unix, "-t", "a/unix");
            await subscriber.WaitForAsync(2);
        }

        Assert.Equal(0, await gateway.StopAsync());
        Assert.True(File.Exists(Unix));
    }

    [PeerFact(Peer.SystemdSocketActivate)]
    public async Task A_listener_whose_port_systemd_holds_elsewhere_says_so()
    {
        _folder.Configure();
        await using var gateway = Start($"0.0.0.0:{_folder.BrokerPort}");
        await ConnectAsync(gateway);

        await gateway.WaitForErrorAsync($"mqtt://127.0.0.1:{_folder.BrokerPort}/ cannot be listened on: systemd holds its port at 0.0.0.0:{_folder.BrokerPort}; write the same address in the socket unit and here.");
        await gateway.WaitForErrorAsync($"systemd listens on 0.0.0.0:{_folder.BrokerPort} for the broker, which has no listener of that address");
    }

    [PeerFact(Peer.SystemdSocketActivate)]
    public async Task A_datagram_socket_is_named_and_left_alone()
    {
        _folder.Configure();
        await using var gateway = Start("--datagram", $"127.0.0.1:{_folder.BrokerPort}");
        await gateway.WaitForErrorAsync("Listening on");
        using var client = new UdpClient();
        await client.SendAsync(new byte[1], new IPEndPoint(IPAddress.Loopback, _folder.BrokerPort));

        await gateway.WaitForErrorAsync("File 3 that systemd passed is no stream socket that listens: a socket unit of the gateway has ListenStream=, and Accept=no.");
        await gateway.WaitForErrorAsync($"MQTT listens on mqtt://127.0.0.1:{_folder.BrokerPort}/ (127.0.0.1:{_folder.BrokerPort}).");
    }

    [Fact]
    public async Task Sockets_of_another_process_are_not_its_own()
    {
        _folder.Configure();
        await using var gateway = _folder.Run(new Dictionary<string, string> { ["LISTEN_PID"] = "1", ["LISTEN_FDS"] = "1" });

        await gateway.WaitForErrorAsync($"MQTT listens on mqtt://127.0.0.1:{_folder.BrokerPort}/ (127.0.0.1:{_folder.BrokerPort}).");
        Assert.DoesNotContain("systemd", gateway.Error, StringComparison.Ordinal);
    }

    private static async Task PublishAsync(params string[] arguments)
    {
        await using var publisher = PeerProcess.Start("mosquitto_pub", ["-q", "1", "-m", "x", .. arguments]);
        Assert.True(await publisher.WaitForExitAsync() == 0, publisher.Output);
    }

    private async Task ConnectAsync(GatewayProcess gateway)
    {
        await gateway.WaitForErrorAsync("Listening on");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _folder.BrokerPort);
    }

    private GatewayProcess Start(params string[] listeners) => GatewayProcess.Start(
        ["run", "--config", _folder.ConfigurationPath],
        folder: null,
        environment: null,
        starter: ["systemd-socket-activate", .. listeners.SelectMany(listener => listener.StartsWith('-') ? [listener] : (string[])["--listen", listener])]);
}
