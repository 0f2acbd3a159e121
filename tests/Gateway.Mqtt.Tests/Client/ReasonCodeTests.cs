using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Tests.Codec;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>
/// All 43 Reason Codes in all nine packets that have one, from a server's bytes to the client's caller: <c>Vectors/reason-codes.txt</c>
/// has the standard's table. Where a code belongs the caller is told that very code; elsewhere it is a Protocol Error. MQTT 5.0 §2.4, §4.13.
/// </summary>
public sealed class ReasonCodeTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly string[][] Packets = [.. VectorFile.Read("reason-codes.txt")];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly RecordingObserver _observer = new();

    public ReasonCodeTests() => _listener.Start();

    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var packet in Packets)
            {
                foreach (var code in Enum.GetValues<ReasonCode>().Distinct())
                {
                    data.Add(packet[0], $"{(byte)code:X2}");
                }
            }

            return data;
        }
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void The_table_has_every_code_and_nothing_else()
    {
        var codes = Packets.SelectMany(packet => packet[2].Split(' ')).Append("19").Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(Enum.GetValues<ReasonCode>().Distinct().Select(code => $"{(byte)code:X2}"), codes);
        Assert.Equal(43, codes.Count());
    }

    [Fact]
    public void Values_that_are_no_codes_belong_nowhere()
    {
        var others = Enumerable.Range(0, 256).Select(value => (ReasonCode)value).Except(Enum.GetValues<ReasonCode>());
        Assert.All(others, value => Assert.DoesNotContain(Enum.GetValues<PacketType>(), type => ReasonCodes.IsAllowedIn(type, value)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Spec", "MQTT-4.13.1-1")]
    public async Task Reaches_the_caller_where_it_belongs_and_is_a_protocol_error_elsewhere(string packet, string hex)
    {
        var row = Packets.Single(row => row[0] == packet);
        var bytes = row[1].Replace("XX", hex, StringComparison.Ordinal);
        var code = (ReasonCode)Convert.ToByte(hex, 16);
        var belongs = row[2].Split(' ').Contains(hex);
        await using var client = new MqttClient(Options(packet == "AUTH" ? new Method() : null), _observer);
        var connecting = client.ConnectAsync();
        using var server = await _listener.AcceptTcpClientAsync().WaitAsync(Deadline);
        await ReadAsync(server, "10");
        if (packet == "CONNACK")
        {
            await SendAsync(server, bytes);
            await CheckConnAckAsync(connecting, code, belongs);
            return;
        }

        await SendAsync(server, packet == "AUTH" ? "20 07 00 00 04 15 0001 54" : "20 03 00 00 00");
        await connecting.WaitAsync(Deadline);
        var caller = packet switch
        {
            "PUBACK" or "PUBREC" or "PUBCOMP" => PublishAsync(client, server, packet, bytes),
            "SUBACK" => RequestAsync(client.SubscribeAsync([new Subscription { TopicFilter = "t" }]), server, "82", bytes),
            "UNSUBACK" => RequestAsync(client.UnsubscribeAsync(["t"]), server, "A2", bytes),
            "PUBREL" => ReleaseAsync(server, bytes, belongs),
            "AUTH" => ReauthenticateAsync(client, server, bytes, belongs && code == ReasonCode.ContinueAuthentication),
            _ => DisconnectAsync(server, bytes),
        };
        if (belongs)
        {
            Assert.Equal(code, await caller.WaitAsync(Deadline));
            return;
        }

        // The client says what is wrong, and closes.
        await Eventually.TrueAsync(() => !_observer.Disconnections.IsEmpty);
        var info = Assert.Single(_observer.Disconnections);
        Assert.Equal((ReasonCode.ProtocolError, false), (info.ReasonCode, info.IsByServer));
        Assert.Equal("E00182", await ReadAsync(server, "E0"));
        if (packet == "AUTH")
        {
            await Assert.ThrowsAsync<MqttException>(() => caller.WaitAsync(Deadline));
        }
    }

    private static async Task CheckConnAckAsync(Task<ConnectResult> connecting, ReasonCode code, bool belongs)
    {
        if (!belongs)
        {
            var exception = await Assert.ThrowsAsync<MqttException>(() => connecting.WaitAsync(Deadline));
            Assert.Contains("broke the protocol: The Reason Code does not belong in this packet", exception.Message, StringComparison.Ordinal);
            return;
        }

        var result = await connecting.WaitAsync(Deadline);
        Assert.Equal((code, code == ReasonCode.Success), (result.ReasonCode, result.IsAccepted));
    }

    private static async Task<ReasonCode> PublishAsync(MqttClient client, TcpClient server, string packet, string bytes)
    {
        var qos = packet == "PUBACK" ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce;
        var publishing = client.PublishAsync(new ApplicationMessage { Topic = "t", QoS = qos }).AsTask();

        // Fixed header (2), the topic (2 + 1), the Packet Identifier.
        var identifier = (await ReadAsync(server, "3"))[10..14];
        if (packet == "PUBCOMP")
        {
            await SendAsync(server, "50 02 IIII", identifier);
            await ReadAsync(server, "62");
        }

        await SendAsync(server, bytes, identifier);
        if (packet == "PUBREC" && bytes[^2..] is "00" or "10")
        {
            Assert.Equal($"6202{identifier}", await ReadAsync(server, "62"));
            await SendAsync(server, "70 02 IIII", identifier);
        }

        var result = await publishing;

        // PUBCOMP with 0x92: the server had the message, and released it before.
        Assert.Equal(result.ReasonCode.IsFailure() && packet != "PUBCOMP" ? PublishOutcome.Refused : PublishOutcome.Accepted, result.Outcome);
        return result.ReasonCode;
    }

    private static async Task<ReasonCode> RequestAsync(Task<IReadOnlyList<ReasonCode>> requesting, TcpClient server, string request, string bytes)
    {
        await SendAsync(server, bytes, (await ReadAsync(server, request))[4..8]);
        return Assert.Single(await requesting);
    }

    // The caller has had the message; what PUBREL says of it changes nothing, and is answered.
    private static async Task<ReasonCode> ReleaseAsync(TcpClient server, string bytes, bool belongs)
    {
        await SendAsync(server, "34 06 000174 0007 00");
        Assert.Equal("50020007", await ReadAsync(server, "50"));
        await SendAsync(server, bytes, "0007");
        if (belongs)
        {
            Assert.Equal("70020007", await ReadAsync(server, "70"));
        }

        return (ReasonCode)Convert.ToByte(bytes[^2..], 16);
    }

    private async Task<ReasonCode> DisconnectAsync(TcpClient server, string bytes)
    {
        await SendAsync(server, bytes);
        await Eventually.TrueAsync(() => !_observer.Disconnections.IsEmpty);
        var info = _observer.Disconnections.Single();
        return info.IsByServer ? info.ReasonCode : throw new InvalidOperationException(info.Message);
    }

    private static async Task<ReasonCode> ReauthenticateAsync(MqttClient client, TcpClient server, string bytes, bool goesOn)
    {
        var authenticating = client.ReauthenticateAsync();
        Assert.Equal("F006190415000154", await ReadAsync(server, "F0"));
        await SendAsync(server, bytes);
        if (goesOn)
        {
            Assert.Equal("F006180415000154", await ReadAsync(server, "F0"));
            await SendAsync(server, "F0 06 00 04 15 0001 54");
        }

        await authenticating;
        return goesOn ? ReasonCode.ContinueAuthentication : ReasonCode.Success;
    }

    private static async Task SendAsync(TcpClient server, string bytes, string identifier = "") =>
        await server.GetStream().WriteAsync(VectorFile.Hex(bytes.Replace("IIII", identifier, StringComparison.Ordinal)));

    // A packet of less than 128 bytes that begins so.
    private static async Task<string> ReadAsync(TcpClient server, string begin)
    {
        var head = new byte[2];
        await server.GetStream().ReadExactlyAsync(head).AsTask().WaitAsync(Deadline);
        var body = new byte[head[1]];
        await server.GetStream().ReadExactlyAsync(body).AsTask().WaitAsync(Deadline);
        var packet = Convert.ToHexString([.. head, .. body]);
        Assert.StartsWith(begin, packet, StringComparison.Ordinal);
        return packet;
    }

    private MqttClientOptions Options(IAuthenticationMethod? method) => new()
    {
        Servers = [new Uri($"mqtt://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}")],
        ClientIdentifier = "c",
        Authentication = method,
        MinimumReconnectDelay = TimeSpan.FromHours(1),
        MaximumReconnectDelay = TimeSpan.FromHours(1),
    };

    /// <summary>Says nothing and believes everything.</summary>
    private sealed class Method : IAuthenticationMethod, IAuthenticationExchange
    {
        public string Name => "T";

        public IAuthenticationExchange Begin() => this;

        public ValueTask<ReadOnlyMemory<byte>?> StartAsync(CancellationToken cancellationToken) => new((ReadOnlyMemory<byte>?)null);

        public ValueTask<ReadOnlyMemory<byte>?> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken) => new((ReadOnlyMemory<byte>?)null);

        public ValueTask FinishAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
