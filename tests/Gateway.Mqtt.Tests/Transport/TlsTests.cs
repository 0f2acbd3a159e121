using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Transport;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Transport;

/// <summary>What the client agrees on with a TLS server of the framework's.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TestCertificates _certificates = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public TlsTests() => _listener.Start();

    public void Dispose()
    {
        _listener.Dispose();
        _certificates.Dispose();
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_versions_are_spoken(SslProtocols version)
    {
        var (client, server) = await ConnectAsync(Trusting(), new SslServerAuthenticationOptions { EnabledSslProtocols = version });
        await using (client)
        await using (server)
        {
            Assert.Equal(version, server.SslProtocol);
        }
    }

    [Fact]
    public async Task Older_versions_are_not()
    {
#pragma warning disable CA5397, SYSLIB0039 // A server of the past.
        var options = new SslServerAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls11 };
#pragma warning restore CA5397, SYSLIB0039
        await Assert.ThrowsAsync<MqttException>(() => ConnectAsync(Trusting(), options));
    }

    [Theory]
    [InlineData("mqtt")]
    [InlineData("x-amzn-mqtt-ca")]
    public async Task The_protocol_that_was_asked_for_is_offered(string name)
    {
        var options = new SslServerAuthenticationOptions { ApplicationProtocols = [new("http/1.1"), new(name)] };
        var (client, server) = await ConnectAsync(Trusting() with { ApplicationProtocols = [name] }, options);
        await using (client)
        await using (server)
        {
            Assert.Equal(name, server.NegotiatedApplicationProtocol.ToString());
        }
    }

    [Fact]
    public async Task Without_one_none_is_offered()
    {
        var (client, server) = await ConnectAsync(Trusting(), new SslServerAuthenticationOptions { ApplicationProtocols = [new("http/1.1")] });
        await using (client)
        await using (server)
        {
            Assert.True(server.NegotiatedApplicationProtocol.Protocol.IsEmpty);
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [InlineData(SslProtocols.Tls13, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    [SupportedOSPlatform("linux")]
    public async Task With_the_order_for_small_processors_ChaCha_is_chosen(SslProtocols version, TlsCipherSuite expected)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync((IPEndPoint)_listener.LocalEndpoint);
        await using var server = new SslStream((await _listener.AcceptTcpClientAsync().WaitAsync(Deadline)).GetStream());
        await using var client = new SslStream(tcp.GetStream());
        var settings = TlsSettings.ForClient(Trusting(), "127.0.0.1", []);
        settings.CipherSuitesPolicy = TlsCipherOrder.CreateChaChaFirst();
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = X509Certificate2.CreateFromPemFile(_certificates.Certificate("server"), _certificates.Key("server")),
            EnabledSslProtocols = version,
            CipherSuitesPolicy = TlsCipherOrder.CreateChaChaFirst(),
        };
        await Task.WhenAll(server.AuthenticateAsServerAsync(options), client.AuthenticateAsClientAsync(settings)).WaitAsync(Deadline);
        Assert.Equal(expected, client.NegotiatedCipherSuite);
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_at_the_next_connection()
    {
        var tls = Trusting() with { CertificateFile = _certificates.Certificate("client"), KeyFile = _certificates.Key("client") };
        var first = await SerialOfClientAsync(tls);
        _certificates.Renew("client");
        Assert.NotEqual(first, await SerialOfClientAsync(tls));
    }

    private async Task<string> SerialOfClientAsync(MqttTlsOptions tls)
    {
        string? serial = null;
        var options = new SslServerAuthenticationOptions
        {
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => (serial = certificate?.GetSerialNumberString()) is not null,
        };
        var (client, server) = await ConnectAsync(tls, options);
        await client.DisposeAsync();
        await server.DisposeAsync();
        return serial!;
    }

    private MqttTlsOptions Trusting() => new() { AuthorityFile = _certificates.Authority };

    private async Task<(Stream Client, SslStream Server)> ConnectAsync(MqttTlsOptions tls, SslServerAuthenticationOptions options)
    {
        options.ServerCertificate = X509Certificate2.CreateFromPemFile(_certificates.Certificate("server"), _certificates.Key("server"));
        var dialing = MqttDialer.DialAsync(new Uri($"mqtts://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"), tls, CancellationToken.None);
        var server = new SslStream((await _listener.AcceptTcpClientAsync().WaitAsync(Deadline)).GetStream());
        try
        {
            await server.AuthenticateAsServerAsync(options).WaitAsync(Deadline);
        }
        catch (AuthenticationException)
        {
            await server.DisposeAsync();
        }

        return (await dialing.WaitAsync(Deadline), server);
    }
}
