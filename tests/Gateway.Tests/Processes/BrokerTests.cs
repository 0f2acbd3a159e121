using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway broker</c>, <c>passwd</c>, <c>pub</c> and <c>sub</c> as processes, among themselves.</summary>
public sealed partial class BrokerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_retained_message_outlives_the_broker_where_it_has_a_data_folder()
    {
        var data = Path.Combine(_folder.FullName, "data");
        await using (var broker = GatewayProcess.Start("broker", "--listen", "mqtt://127.0.0.1:0", "--data", data))
        {
            var port = await PortAsync(broker);
            Assert.Equal((0, "", ""), await GatewayProcess.RunAsync("pub", "-p", port, "-t", "a/b", "-m", "kept", "-r", "-q", "1"));
            Assert.Equal(0, await broker.StopAsync());
        }

        await using var again = GatewayProcess.Start("broker", "--listen", "mqtt://127.0.0.1:0", "--data", data);
        Assert.Equal((0, "a/b kept\n", ""), await GatewayProcess.RunAsync("sub", "-p", await PortAsync(again), "-t", "#", "-v", "-C", "1", "-W", "50"));
        Assert.Equal(0, await again.StopAsync());
    }

    [PeerTheory(Peer.OpenSsl)]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task ChaCha20_comes_first_where_the_processor_has_no_AES_instructions(string version)
    {
        using var certificates = new TestCertificates();
        await using var broker = GatewayProcess.Start(
            ["broker", "--listen", "mqtts://127.0.0.1:0", "--cert", certificates.Certificate("server"), "--key", certificates.Key("server")],
            folder: null,
            environment: new Dictionary<string, string> { ["DOTNET_EnableAES"] = "0" });
        await using var client = PeerProcess.Start("openssl", ["s_client", version, "-connect", $"127.0.0.1:{await PortAsync(broker)}"]);
        await client.WaitForExitAsync();
        Assert.Matches("Cipher is .*CHACHA20[-_]POLY1305", client.Output);
        Assert.Equal(0, await broker.StopAsync());
    }

    [Fact]
    public async Task A_certificate_for_another_host_is_taken_where_somebody_says_so()
    {
        using var certificates = new TestCertificates();
        var port = $"{LoopbackPort.Free()}";
        await using var broker = GatewayProcess.Start(
            "broker", "--listen", $"mqtts://127.0.0.2:{port}", "--cert", certificates.Certificate("server"), "--key", certificates.Key("server"));
        await broker.WaitForErrorAsync("MQTT listens on");
        string[] pub = ["pub", "-h", "127.0.0.2", "-p", port, "--cafile", certificates.Authority, "-t", "a", "-m", "x", "-q", "1"];

        Assert.Equal(1, (await GatewayProcess.RunAsync(pub)).ExitCode);
        Assert.Equal((0, "", ""), await GatewayProcess.RunAsync([.. pub, "--insecure"]));

        // Who signed it still matters.
        using var others = new TestCertificates();
        pub[6] = others.Authority;
        Assert.Equal(1, (await GatewayProcess.RunAsync([.. pub, "--insecure"])).ExitCode);
    }

    [Fact]
    public async Task A_protocol_is_asked_for_in_TLS()
    {
        using var certificates = new TestCertificates();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var client = GatewayProcess.Start(
            "pub", "-h", "127.0.0.1", "-p", $"{((IPEndPoint)server.LocalEndpoint).Port}", "--cafile", certificates.Authority, "--tls-alpn", "x-amzn-mqtt-ca", "-t", "a", "-m", "x");
        using var socket = await server.AcceptTcpClientAsync();
        await using var stream = new SslStream(socket.GetStream());
        var protocol = new SslApplicationProtocol("x-amzn-mqtt-ca");

        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ApplicationProtocols = [protocol],
            ServerCertificate = X509Certificate2.CreateFromPemFile(certificates.Certificate("server"), certificates.Key("server")),
        });

        Assert.Equal(protocol, stream.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task A_Unix_socket_goes_with_the_broker()
    {
        var path = Path.Combine(_folder.FullName, "mqtt.sock");
        await using var broker = GatewayProcess.Start("broker", "--listen", $"unix:{path}");
        await broker.WaitForErrorAsync("MQTT listens on");
        Assert.True(Path.Exists(path));
        Assert.Equal(0, await broker.StopAsync());
        Assert.False(Path.Exists(path));
    }

    [Fact]
    public async Task A_user_of_the_users_file_gets_in_and_nobody_else()
    {
        var configuration = Path.Combine(_folder.FullName, "gateway.yaml");
        await File.WriteAllTextAsync(configuration, "broker: { listen: [\"mqtt://127.0.0.1:0\"], users: users }\n");
        await using (var passwd = GatewayProcess.Start(["passwd", Path.Combine(_folder.FullName, "users"), "ann"], null, null, input: "secret\n"))
        {
            Assert.Equal(0, await passwd.WaitForExitAsync());
        }

        await using var broker = GatewayProcess.Start("broker", "--config", configuration);
        var port = await PortAsync(broker);

        Assert.Equal((0, "", ""), await GatewayProcess.RunAsync("pub", "-p", port, "-u", "ann", "-P", "secret", "-t", "a", "-n"));
        var (exitCode, _, error) = await GatewayProcess.RunAsync("pub", "-p", port, "-u", "ann", "-P", "guess", "-t", "a", "-n");
        Assert.Equal(1, exitCode);
        Assert.Matches("^gateway: mqtt://localhost:[0-9]+ refuses the connection: bad user name or password", error);
        (exitCode, _, error) = await GatewayProcess.RunAsync("sub", "-p", port, "-t", "a", "-W", "50");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("gateway: ", error, StringComparison.Ordinal);
        Assert.Equal(0, await broker.StopAsync());
    }

    [Fact]
    public async Task The_access_list_is_followed_while_it_runs_and_a_broken_one_is_not()
    {
        var configuration = Path.Combine(_folder.FullName, "gateway.yaml");
        var acl = Path.Combine(_folder.FullName, "acl.yaml");
        await File.WriteAllTextAsync(acl, "everyone: { all: a }\n");
        await File.WriteAllTextAsync(configuration, "devicemaps: []\nbroker: { listen: [\"mqtt://127.0.0.1:0\"], acl: acl.yaml }\n");
        await using var broker = GatewayProcess.Start("broker", "--config", configuration);
        var port = await PortAsync(broker);
        Assert.Equal(0, await PublishAsync("a"));
        Assert.NotEqual(0, await PublishAsync("b"));

        await File.WriteAllTextAsync(acl, "everyone: { all: b }\n");
        await broker.WaitForErrorAsync("are read again");
        Assert.NotEqual(0, await PublishAsync("a"));
        Assert.Equal(0, await PublishAsync("b"));

        await File.WriteAllTextAsync(acl, "everyone: { al: a }\n");
        await broker.WaitForErrorAsync("acl.yaml:1:13: error: unknown key 'al' in the rules of a name; did you mean 'all'?");
        Assert.Equal(0, await PublishAsync("b"));

        await File.WriteAllTextAsync(acl, "everyone: { all: b }\n");
        await File.WriteAllTextAsync(configuration, "devicemaps: []\nbroker: { listen: [\"mqtt://127.0.0.1:0\"] }\n");
        await broker.WaitForErrorAsync("restart it to apply that");
        Assert.Equal(0, await broker.StopAsync());

        async Task<int> PublishAsync(string topic)
            => (await GatewayProcess.RunAsync("pub", "-p", port, "-V", "5", "-t", topic, "-m", "x", "-q", "1")).ExitCode;
    }

    [Fact]
    public async Task Beyond_this_machine_it_needs_users_or_to_be_told()
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync("broker", "--listen", "mqtt://0.0.0.0:0");

        Assert.Equal(1, exitCode);
        Assert.Contains("there are no users", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_it()
    {
        await using var first = GatewayProcess.Start("broker", "--listen", "mqtt://127.0.0.1:0");
        var port = await PortAsync(first);

        var (exitCode, _, error) = await GatewayProcess.RunAsync("broker", "--listen", $"mqtt://127.0.0.1:{port}");

        Assert.Equal((1, $"gateway: mqtt://127.0.0.1:{port}/ cannot be listened on: another program has the port\n"), (exitCode, error));
    }

    [Theory]
    [InlineData("pub -t a -m b -p 1", 1)]
    [InlineData("sub -t a -p 1", 1)]
    [InlineData("pub -m b", 2)]
    [InlineData("pub -t a", 2)]
    [InlineData("pub -t a -m b -n", 2)]
    [InlineData("pub -t a/# -m b", 2)]
    [InlineData("pub -t a -m b -q 3", 2)]
    [InlineData("pub -t a -m b -V 4", 2)]
    [InlineData("sub", 2)]
    [InlineData("sub -t a/#/b", 2)]
    [InlineData("sub -t a -c", 2)]
    public async Task Failures_are_one_sentence_and_an_exit_code(string line, int expected)
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(line.Split(' '));

        Assert.Equal((expected, ""), (exitCode, output));
        Assert.StartsWith("gateway: ", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    private static async Task<string> PortAsync(GatewayProcess broker)
    {
        await broker.WaitForErrorAsync("MQTT listens on");
        return EndPoint().Match(broker.Error).Groups[1].Value;
    }

    [GeneratedRegex(@"\(127\.0\.0\.1:(\d+)\)")]
    private static partial Regex EndPoint();
}
