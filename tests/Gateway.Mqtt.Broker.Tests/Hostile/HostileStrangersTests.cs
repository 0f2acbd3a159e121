using System.Globalization;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Hostile;

/// <summary>What is kept of strangers while it is found out who they are.</summary>
[Collection(nameof(HostileLoadTests))]
public sealed class HostileStrangersTests : IDisposable
{
    private const int Strangers = 16;
    private const int Each = 2_000_000;

    /// <summary>TLS and WebSocket have a record and a frame of their own in hand.</summary>
    private const int InHand = 48 * 1024;

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData("the CONNECT", 0)]
    [InlineData("its Will", 1)]
    [InlineData("the proof", 0)]
    public void Strangers_who_have_not_proved_who_they_are_take_what_is_counted_however_small_the_pieces(string where, int refusedAtLeast)
    {
        var file = Path.GetTempFileName();
        try
        {
            UsersFile.Set(file, "ann", "pencil");
            using var users = new UsersFileAuthenticator(file);
            var state = new BrokerState(new BrokerLimits(), authorizer: null, [new ScramSha256Method(users)]);
            state.Advance(0);
            var properties = string.Concat(Enumerable.Repeat("26 0001 61 0001 62 ", 36_000));
            var connect = WireText.Parse(where switch
            {
                "the CONNECT" => $"10 [ \"MQTT\" 05 02 0000 [ 15 \"SCRAM-SHA-256\" 16 \"n,,n=ann,r=x\" {properties} ] \"c\" ]",
                "its Will" => $"10 [ \"MQTT\" 05 06 0000 [ 15 \"SCRAM-SHA-256\" 16 \"n,,n=ann,r=x\" ] \"c\" [ {properties} ] \"t\" 0000 ]",
                _ => "10 [ \"MQTT\" 05 02 0000 [ 15 \"SCRAM-SHA-256\" 16 ea6a 'n,,n=ann,r=x' 78 *59998 ] \"c\" ]",
            });
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var strangers = Enumerable.Range(0, 200).Select(_ => new WireClient(state)).ToList();
            strangers.ForEach(stranger => stranger.Send(connect));
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, ServerConnection.MostBeforeConnAck + 8_000_000);
            Assert.InRange(state.Tally.BytesBeforeConnAck, 0, ServerConnection.MostBeforeConnAck);
            Assert.True(state.Tally.ClientsRefused >= refusedAtLeast);
            strangers.ForEach(stranger => stranger.Drop());
            Assert.Equal(0, state.Tally.BytesBeforeConnAck);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("mqtts")]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task Little_is_received_of_a_client_that_waits_for_its_authentication(string scheme)
    {
        var options = new MqttBrokerOptions
        {
            Listen = [new Uri($"{scheme}://127.0.0.1:0")],
            Tls = scheme == "ws" ? null : new ListenerTlsOptions { CertificateFile = _certificates.Certificate("server"), KeyFile = _certificates.Key("server") },
            Authenticator = new Undecided(),
            Limits = new BrokerLimits { ConnectTimeout = TimeSpan.FromHours(1) },
        };
        await using var broker = await BrokerFixture.StartAsync(options);
        var strangers = new List<StreamClient>();
        var sending = new List<Task>();
        var sent = 0L;
        for (var i = 0; i < Strangers; i++)
        {
            var stranger = scheme == "mqtts" ? await StreamClient.TlsAsync(broker.Port()) : await StreamClient.WebSocketAsync(new Uri($"{scheme}://127.0.0.1:{broker.Port()}/mqtt"));
            strangers.Add(stranger);
            await stranger.SendAsync($"@connect5:s{i}");
            sending.Add(Task.Run(() => SendAsync(stranger)));
        }

        // Nothing moves any more.
        var (last, times) = (0L, 0);
        await Eventually.TrueAsync(() =>
        {
            var received = Interlocked.Read(ref sent) - InKernel(broker.Port());
            times = received == last ? times + 1 : 0;
            last = received;
            return times == 20;
        });
        Assert.InRange(last / Strangers, 0, (2 * KestrelAcceptor.ReadAhead) + InHand);
        await broker.DisposeAsync();
        await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        foreach (var stranger in strangers)
        {
            await stranger.DisposeAsync();
        }

        async Task SendAsync(StreamClient stranger)
        {
            var pings = new byte[10_000];
            for (var i = 0; i < pings.Length; i += 2)
            {
                pings[i] = 0xC0;
            }

            for (var i = 0; i < Each; i += pings.Length)
            {
                await stranger.Stream.WriteAsync(pings);
                Interlocked.Add(ref sent, pings.Length);
            }
        }
    }

    // | sl | local address:port | remote address:port | st | tx_queue:rx_queue | …, in hexadecimal; clients of WebSocket use sockets of IPv6 for either.
    private static long InKernel(int port)
        => File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")).Where(line => line.Contains($":{port:X4} ", StringComparison.Ordinal)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal) || fields[2].EndsWith($":{port:X4}", StringComparison.Ordinal))
            .SelectMany(fields => fields[4].Split(':'))
            .Sum(queue => long.Parse(queue, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>Has no answer as long as the broker runs.</summary>
    private sealed class Undecided : IAuthenticator
    {
        public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return AuthenticationResult.BadCredentials;
        }
    }
}
