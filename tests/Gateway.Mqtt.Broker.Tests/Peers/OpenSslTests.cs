using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>What <c>openssl s_client</c> agrees on with the broker.</summary>
public sealed class OpenSslTests(ITestOutputHelper output)
{
    [PeerTheory(Peer.OpenSsl)]
    [InlineData("-tls1_2", "TLSv1.2")]
    [InlineData("-tls1_3", "TLSv1.3")]
    public async Task Versions_chain_and_application_protocol(string option, string version)
    {
        await using var broker = await EveryTransport.StartAsync();
        var said = await ConnectAsync(broker, option, "-alpn", "mqtt");
        Assert.Contains($"New, {version}, Cipher is", said, StringComparison.Ordinal);
        Assert.Contains("ALPN protocol: mqtt", said, StringComparison.Ordinal);
        Assert.Contains("Verify return code: 0 (ok)", said, StringComparison.Ordinal);
        Assert.Contains("Secure Renegotiation IS", said, StringComparison.Ordinal);
        Assert.Contains("Compression: NONE", said, StringComparison.Ordinal);
    }

    [PeerTheory(Peer.OpenSsl)]
    [InlineData("-tls1_1")]
    [InlineData("-alpn http/1.1")]
    [InlineData("-tls1_2 -cipher RC4:3DES:NULL:aNULL@SECLEVEL=0")]
    public async Task What_is_old_or_meant_for_others_is_refused(string options)
    {
        await using var broker = await EveryTransport.StartAsync();
        var said = await ConnectAsync(broker, options.Split(' '));
        Assert.DoesNotContain("BEGIN CERTIFICATE", said, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => broker.Broker.Counters.Connections == 0);
    }

    [PeerFact(Peer.OpenSsl)]
    public async Task Connection_ends_with_a_close_notify()
    {
        await using var broker = await EveryTransport.StartAsync();

        // Not a CONNECT. Without the close_notify OpenSSL would speak of an unexpected end.
        await using var client = PeerProcess.Start("openssl", ["s_client", .. Common(broker), "-quiet", "-ign_eof"], "\u0000\u0000\u0000\u0000");
        await client.WaitForExitAsync();
        output.WriteLine(client.Output);
        Assert.DoesNotContain("unexpected eof", client.Output, StringComparison.Ordinal);
    }

    private static string[] Common(EveryTransport broker)
        => ["-connect", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{broker.Port("mqtts")}"), "-CAfile", broker.Authority, "-verify_hostname", "localhost"];

    private async Task<string> ConnectAsync(EveryTransport broker, params string[] options)
    {
        await using var version = PeerProcess.Start("openssl", ["version"]);
        await version.WaitForExitAsync();
        output.WriteLine(version.Output);
        await using var client = PeerProcess.Start("openssl", ["s_client", .. Common(broker), .. options]);
        await client.WaitForExitAsync();
        return client.Output;
    }
}
