using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Tests.Listeners;

/// <summary><c>mqtts://</c>: certificates of both sides, their renewal, and handshakes that do not come to an end.</summary>
public sealed class TlsListenerTests : IDisposable
{
    private static readonly Uri AnyPort = new("mqtts://127.0.0.1:0");

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    private ListenerTlsOptions Tls => new() { CertificateFile = _certificates.Certificate("server"), KeyFile = _certificates.Key("server") };

    private ListenerTlsOptions Mutual(ClientCertificatePolicy policy)
        => Tls with { ClientAuthorityFile = _certificates.Authority, ClientCertificate = policy };

    [Fact]
    public async Task Message_goes_through_TLS_and_a_stop_says_goodbye()
    {
        await using var broker = await StartAsync(Tls);
        await using var client = await StreamClient.TlsAsync(broker.Port());
        await client.SendAsync("@connect5:a 82 [ 0001 00 \"t\" 01 ]");
        await client.ExpectAsync("@ok5 90 04 0001 00 01");
        await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = "x"u8.ToArray() });
        await client.ExpectAsync("30 [ \"t\" [ ] 'x' ]");
        await broker.StopAsync(CancellationToken.None);
        await client.ExpectAsync("e0 01 8b");
        await client.ExpectCloseAsync();
        Assert.Equal(0, broker.Counters.Connections);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable SYSLIB0039, CA5397 // That they are refused is the point.
    [InlineData(SslProtocols.Tls11, false)]
    [InlineData(SslProtocols.Tls, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task Versions_are_1_2_and_1_3(SslProtocols version, bool isServed)
    {
        await using var broker = await StartAsync(Tls);
        var connecting = StreamClient.TlsAsync(broker.Port(), options: new SslClientAuthenticationOptions { EnabledSslProtocols = version });
        if (!isServed)
        {
            await Assert.ThrowsAsync<AuthenticationException>(() => connecting);
            return;
        }

        await using var client = await connecting;
        Assert.Equal(version, ((SslStream)client.Stream).SslProtocol);
        await client.SendAsync("@connect4:a");
        await client.ExpectAsync("@ok4");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("mqtt", "mqtt")]
    public async Task Application_protocol_is_mqtt_if_the_client_names_any(string? offered, string? chosen)
    {
        await using var broker = await StartAsync(Tls);
        await using var client = await StreamClient.TlsAsync(
            broker.Port(), options: new SslClientAuthenticationOptions { ApplicationProtocols = offered is null ? null : [new(offered)] });
        Assert.Equal(chosen ?? "", ((SslStream)client.Stream).NegotiatedApplicationProtocol.ToString());
    }

    [Theory]
    [InlineData(ClientCertificatePolicy.None, null, "")]
    [InlineData(ClientCertificatePolicy.None, "client", "")]
    [InlineData(ClientCertificatePolicy.Optional, null, "")]
    [InlineData(ClientCertificatePolicy.Optional, "client", "client")]
    [InlineData(ClientCertificatePolicy.Optional, "stranger", null)]
    [InlineData(ClientCertificatePolicy.Required, null, null)]
    [InlineData(ClientCertificatePolicy.Required, "client", "client")]
    [InlineData(ClientCertificatePolicy.Required, "stranger", null)]
    public async Task Client_certificates_are_asked_for_and_name_the_user(ClientCertificatePolicy policy, string? shown, string? userName)
    {
        using var others = new TestCertificates();
        others.Renew("stranger");
        var tls = policy == ClientCertificatePolicy.None ? Tls : Mutual(policy) with { UserNameFromCertificate = true };
        await using var broker = await StartAsync(tls);
        var connected = new ConcurrentQueue<ClientConnected>();
        await using var observer = broker.Observe(BrokerEventKinds.ClientConnected, (happened, _) =>
        {
            connected.Enqueue((ClientConnected)happened);
            return ValueTask.CompletedTask;
        });

        if (userName is null)
        {
            // In TLS 1.3 a client has finished before the server looks at its certificate: it hears of it afterwards.
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await using var client = await StreamClient.TlsAsync(broker.Port(), others, shown);
                await client.SendAsync("@connect4:a");
                await client.ExpectAsync("@ok4");
            });
            await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
            Assert.Empty(connected);
            return;
        }

        await using (var client = await StreamClient.TlsAsync(broker.Port(), _certificates, shown))
        {
            // The User Name of its CONNECT is another.
            await client.SendAsync("10 [ \"MQTT\" 04 82 003c \"a\" \"root\" ]");
            await client.ExpectAsync("@ok4");
        }

        await Eventually.TrueAsync(() => !connected.IsEmpty);
        Assert.Equal(userName, Assert.Single(connected).UserName ?? "");
    }

    [Theory]
    [InlineData("CN=meter-7", "meter-7")]
    [InlineData("CN=first, CN=second", "first")]
    [InlineData("O=Plant, CN=Über, C=DE", "Über")]
    [InlineData("O=Plant", null)]
    public void Common_name_is_the_subjects_first(string subject, string? userName)
    {
        var encoded = new X500DistinguishedName(subject, X500DistinguishedNameFlags.UseUTF8Encoding);
        Assert.Equal(userName, CertificateAuthenticator.ReadCommonName(encoded));
    }

    [Fact]
    public async Task Certificate_without_a_common_name_is_nobodys()
    {
        _certificates.Renew("nameless", "O=Plant");
        await using var broker = await StartAsync(Mutual(ClientCertificatePolicy.Required) with { UserNameFromCertificate = true });
        await using var client = await StreamClient.TlsAsync(broker.Port(), _certificates, "nameless");
        await client.SendAsync("@connect4:a");
        await client.ExpectAsync("20 02 00 05");
        await client.ExpectCloseAsync();
    }

    [Fact]
    public async Task Client_without_a_certificate_needs_a_password_where_there_are_users()
    {
        var users = new OnlyAnn();
        await using var broker = await StartAsync(Mutual(ClientCertificatePolicy.Optional) with { UserNameFromCertificate = true }, users);
        await using var stranger = await StreamClient.TlsAsync(broker.Port());
        await stranger.SendAsync("@connect4:a");
        await stranger.ExpectAsync("20 02 00 05");
        await using var ann = await StreamClient.TlsAsync(broker.Port());
        await ann.SendAsync("10 [ \"MQTT\" 04 82 003c \"a\" \"ann\" ]");
        await ann.ExpectAsync("@ok4");
        await using var certified = await StreamClient.TlsAsync(broker.Port(), _certificates, "client");
        await certified.SendAsync("@connect4:b");
        await certified.ExpectAsync("@ok4");
    }

    [Fact]
    public async Task Renewed_certificate_is_shown_without_a_restart_and_a_broken_one_is_not()
    {
        var time = new ManualTimeProvider();
        await using var broker = await StartAsync(Tls, timeProvider: time);
        await using var witness = await StreamClient.TlsAsync(broker.Port());
        await witness.SendAsync("@connect4:w");
        await witness.ExpectAsync("@ok4");

        var first = await SerialNumberAsync(broker);
        Assert.Equal(first, await SerialNumberAsync(broker));
        _certificates.Renew("server");
        time.Advance(TimeSpan.FromSeconds(1));
        var second = await SerialNumberAsync(broker);
        Assert.NotEqual(first, second);

        await File.WriteAllTextAsync(_certificates.Key("server"), await File.ReadAllTextAsync(_certificates.Key("client")));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second, await SerialNumberAsync(broker));
        File.Delete(_certificates.Certificate("server"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second, await SerialNumberAsync(broker));

        _certificates.Renew("server");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(await SerialNumberAsync(broker), new[] { first, second });
        await witness.SendAsync("c0 00");
        await witness.ExpectAsync("d0 00");
    }

    [Fact]
    public async Task Files_that_cannot_be_used_keep_the_listener_closed()
    {
        File.Delete(_certificates.Key("server"));
        await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [AnyPort], Tls = Tls });
        var error = await Assert.ThrowsAsync<MqttBrokerException>(() => broker.StartAsync(CancellationToken.None));
        Assert.Equal($"mqtts://127.0.0.1:0/ cannot be listened on: There is no TLS file {_certificates.Key("server")}.", error.Message);
    }

    [Fact]
    public void Files_are_checked_one_by_one()
    {
        Assert.Null(Tls.Check());
        Assert.Null(Mutual(ClientCertificatePolicy.Required).Check());
        var both = Path.Combine(Path.GetDirectoryName(_certificates.Authority)!, "both.pem");
        File.WriteAllText(both, File.ReadAllText(Tls.CertificateFile) + "\n" + File.ReadAllText(Tls.KeyFile!));
        Assert.Null((Tls with { CertificateFile = both, KeyFile = null }).Check());

        Expect(Tls with { KeyFile = _certificates.Key("client") }, "KeyFile", $"The key in {_certificates.Key("client")} is not that of the certificate in {Tls.CertificateFile}.");
        Expect(Tls with { KeyFile = null }, "CertificateFile", $"The TLS file {Tls.CertificateFile} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----).");
        Expect(Tls with { KeyFile = "/none/key" }, "KeyFile", "There is no TLS file /none/key.");
        Expect(Tls with { CertificateFile = Tls.KeyFile! }, "CertificateFile", $"The TLS file {Tls.KeyFile} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).");
        var authority = Mutual(ClientCertificatePolicy.Optional) with { ClientAuthorityFile = Tls.KeyFile };
        Expect(authority, "ClientAuthorityFile", $"The TLS file {Tls.KeyFile} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).");
        File.WriteAllText(both, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Expect(Tls with { CertificateFile = both }, "CertificateFile", $"The TLS file {both} holds a damaged certificate.");
        File.WriteAllText(both, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        Expect(Tls with { KeyFile = both }, "KeyFile", $"The key in {both} is protected by a passphrase: keep it without one, and readable by the service alone (openssl pkey -in OLD -out NEW).");

        static void Expect(ListenerTlsOptions options, string option, string message) => Assert.Equal(new TlsFileProblem(option, message), options.Check());
    }

    [Fact]
    public async Task Handshake_that_never_ends_is_closed_and_counted_meanwhile()
    {
        await using var broker = await StartAsync(Tls, limits: new BrokerLimits { Connections = 2, ConnectTimeout = TimeSpan.FromSeconds(2) });
        using var mute = await ConnectAsync(broker);
        using var slow = await ConnectAsync(broker);

        // The head of a ClientHello that announces more than ever comes.
        await slow.SendAsync([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
        await Eventually.TrueAsync(() => broker.Counters.Connections == 2);
        using var third = await ConnectAsync(broker);
        await third.ExpectCloseAsync();
        Assert.Equal(1, broker.Counters.ConnectionsRefused);
        await mute.ExpectCloseAsync();
        await slow.ExpectCloseAsync();
        await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
        await using var client = await StreamClient.TlsAsync(broker.Port());
        await client.SendAsync("@connect4:a");
        await client.ExpectAsync("@ok4");
    }

    [Fact]
    public async Task Refused_certificates_are_told_once_a_minute_with_their_number()
    {
        using var log = new LogLines { Least = LogLevel.Information };
        var time = new ManualTimeProvider();
        await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [AnyPort], Tls = Mutual(ClientCertificatePolicy.Required) }, time, log);
        await broker.StartAsync(CancellationToken.None);
        await ComeAsync(5);
        time.Advance(TimeSpan.FromMinutes(1));
        await ComeAsync(1);
        var lines = log.All.Where(line => line.Contains("certificate: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, lines.Count);
        Assert.EndsWith(" is refused for its certificate: it has none.", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" is refused for its certificate: it has none (4 more like this since the last such line).", lines[1], StringComparison.Ordinal);

        async Task ComeAsync(int strangers)
        {
            for (var i = 0; i < strangers; i++)
            {
                // A client of TLS 1.3 is told after the handshake, if it is told before the end.
                await using var stranger = await StreamClient.TlsAsync(broker.Port(), options: new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls13 });
                await stranger.ExpectCloseAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await Eventually.TrueAsync(() => broker.Counters.Connections == 0);
        }
    }

    [Fact]
    public async Task Garbage_instead_of_TLS_costs_its_connection_only()
    {
        await using var broker = await StartAsync(Tls);
        await using var witness = await StreamClient.TlsAsync(broker.Port());
        await witness.SendAsync("@connect4:w");
        await witness.ExpectAsync("@ok4");
        var random = new Random(1);
        for (var i = 0; i < 50; i++)
        {
            using var vandal = await ConnectAsync(broker);
            var garbage = new byte[random.Next(1, 2000)];
            random.NextBytes(garbage);
            garbage[0] = (byte)(i % 2 == 0 ? 0x16 : 0x10);
            await vandal.SendAsync(garbage);
        }

        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
        await witness.SendAsync("c0 00");
        await witness.ExpectAsync("d0 00");
    }

    [Fact]
    public async Task Thousand_half_open_handshakes_are_bounded_and_nobody_else_notices()
    {
        var options = new MqttBrokerOptions
        {
            Listen = [AnyPort, BrokerFixture.AnyPort],
            Tls = Tls,
            Limits = new BrokerLimits { Connections = 300, ConnectTimeout = TimeSpan.FromSeconds(60) },
        };
        await using var broker = new MqttBroker(options);
        await broker.StartAsync(CancellationToken.None);
        await using var witness = await StreamClient.TlsAsync(broker.Port());
        await witness.SendAsync("@connect4:w 82 [ 0001 \"t\" 00 ]");
        await witness.ExpectAsync("@ok4 90 03 0001 00");
        var clients = new List<SocketClient>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                try
                {
                    var client = await ConnectAsync(broker);
                    clients.Add(client);
                    await client.SendAsync([0x16, 0x03, 0x01]);
                }
                catch (SocketException)
                {
                    // One of those beyond the limit.
                }
            }

            await Eventually.TrueAsync(() => broker.Counters.Connections + broker.Counters.ConnectionsRefused == 1001);
            Assert.Equal(300, broker.Counters.Connections);
            await broker.PublishAsync(new ApplicationMessage { Topic = "t", Payload = "x"u8.ToArray() });
            await witness.ExpectAsync("30 [ \"t\" 'x' ]");
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
    }

    [Theory]
    [InlineData("mqtts")]
    [InlineData("wss")]
    public async Task Who_comes_too_fast_is_closed_before_the_handshake(string scheme)
    {
        var options = new MqttBrokerOptions { Listen = [new Uri($"{scheme}://127.0.0.1:0")], Tls = Tls, Limits = new BrokerLimits { ConnectRatePerAddress = 1 } };
        var time = new ManualTimeProvider();
        await using var broker = new MqttBroker(options, time);
        await broker.StartAsync(CancellationToken.None);
        var clients = new List<StreamClient>();
        for (var i = 0; i < 10; i++)
        {
            clients.Add(await OpenAsync());
        }

        using (var refused = await ConnectAsync(broker))
        {
            await refused.ExpectCloseAsync();
        }

        Assert.Equal((1, 10), (broker.Counters.ConnectionsRefused, broker.Counters.Connections));

        // Their CONNECTs are not counted once more.
        for (var i = 0; i < clients.Count; i++)
        {
            await clients[i].SendAsync($"@connect4:c{i}");
            await clients[i].ExpectAsync("@ok4");
        }

        time.Advance(TimeSpan.FromSeconds(1));
        clients.Add(await OpenAsync());
        using (var refused = await ConnectAsync(broker))
        {
            await refused.ExpectCloseAsync();
        }

        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        Task<StreamClient> OpenAsync() => scheme == "mqtts" ? StreamClient.TlsAsync(broker.Port()) : StreamClient.WebSocketAsync(new Uri($"wss://127.0.0.1:{broker.Port()}/mqtt"));
    }

    [Fact]
    public async Task Stop_does_not_wait_for_handshakes()
    {
        await using var broker = await StartAsync(Tls, limits: new BrokerLimits { ConnectTimeout = TimeSpan.FromHours(1) });
        using var mute = await ConnectAsync(broker);
        await Eventually.TrueAsync(() => broker.Counters.Connections == 1);
        await broker.StopAsync(CancellationToken.None);
        await mute.ExpectCloseAsync();
        Assert.Null(broker.Listeners[0].EndPoint);
    }

    private static async Task<MqttBroker> StartAsync(
        ListenerTlsOptions tls, IAuthenticator? users = null, BrokerLimits? limits = null, TimeProvider? timeProvider = null)
    {
        var options = new MqttBrokerOptions { Listen = [AnyPort], Tls = tls, Authenticator = users, Limits = limits ?? new() };
        var broker = new MqttBroker(options, timeProvider);
        await broker.StartAsync(CancellationToken.None);
        return broker;
    }

    private static Task<SocketClient> ConnectAsync(MqttBroker broker) => broker.ConnectAsync();

    private static async Task<string> SerialNumberAsync(MqttBroker broker)
    {
        await using var client = await StreamClient.TlsAsync(broker.Port());
        return ((X509Certificate2)((SslStream)client.Stream).RemoteCertificate!).SerialNumber;
    }

    private sealed class OnlyAnn : IAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
            => ValueTask.FromResult(request.UserName == "ann" ? AuthenticationResult.Accept("ann") : new AuthenticationResult(ReasonCode.NotAuthorized));
    }
}
