using System.Diagnostics;
using Gateway.Mqtt.Authentication;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Authentication;

/// <summary>Both sides of SCRAM-SHA-256 against GNU SASL (gsasl 2.2), which speaks Base64 lines.</summary>
public sealed class GsaslTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private Process? _gsasl;

    public void Dispose()
    {
        if (_gsasl is { } process)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }
    }

    [PeerFact(Peer.Gsasl)]
    public async Task The_client_proves_itself_to_gsasl_and_checks_its_proof()
    {
        Start("--server", "--password", "pencil");
        var client = new ScramSha256("user", "pencil").Begin();
        await SayAsync(await client.StartAsync(default));
        await SayAsync(await client.ContinueAsync(await HearAsync(), default));
        await client.FinishAsync(await HearAsync(), default);
    }

    [PeerFact(Peer.Gsasl)]
    public async Task Gsasl_proves_itself_to_the_server_and_accepts_its_proof()
    {
        Start("--client", "--authentication-id", "user", "--password", "pencil");
        var credentials = ScramCredentials.Create("pencil");
        var server = new ScramServerExchange(_ => credentials);
        await SayAsync(server.Begin((await HearAsync()).Span));
        var final = server.Finish((await HearAsync()).Span);
        Assert.Equal("user", server.UserName);
        Assert.NotNull(final);
        await SayAsync(final);
        await SayAsync(null);
        _gsasl!.StandardInput.Close();
        Assert.Contains("finished (server trusted)", await _gsasl.StandardError.ReadToEndAsync().WaitAsync(Deadline), StringComparison.Ordinal);
    }

    private void Start(params string[] arguments) => _gsasl = Process.Start(
        new ProcessStartInfo("gsasl", [.. arguments, "--mechanism", "SCRAM-SHA-256", "--no-cb"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private Task SayAsync(ReadOnlyMemory<byte>? message) =>
        _gsasl!.StandardInput.WriteLineAsync(Convert.ToBase64String(message.GetValueOrDefault().Span)).WaitAsync(Deadline);

    // Beside the messages it says the mechanism's name, and nothing in an empty line.
    private async Task<ReadOnlyMemory<byte>> HearAsync()
    {
        while (true)
        {
            var line = await _gsasl!.StandardOutput.ReadLineAsync().WaitAsync(Deadline);
            Assert.NotNull(line);
            if (line.Length > 0 && line != ScramSha256.MethodName)
            {
                return Convert.FromBase64String(line);
            }
        }
    }
}
