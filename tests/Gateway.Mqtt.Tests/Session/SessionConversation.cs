using System.Buffers;
using System.Text;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;
using Gateway.Mqtt.Tests.Codec;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>A client session and a server that the test plays: packets in, packets and effects out, as text.</summary>
internal sealed class SessionConversation : IClientSessionSink, IPublishCompletion
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly List<string> _effects = [];
    private readonly Dictionary<string, Receipt> _receipts = [];
    private readonly ProtocolVersion _version;
    private long _token;

    public SessionConversation(ProtocolVersion version = ProtocolVersion.V50, int maximumInFlight = 10, ushort maximumAliases = 0, TimeSpan? acknowledgeTimeout = null, int? poisonAfter = null)
    {
        _version = version;
        Session = new ClientSession(this, version, maximumInFlight, maximumAliases, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), acknowledgeTimeout, poisonAfter);
    }

    public ClientSession Session { get; }

    public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

    public IBufferWriter<byte> Output => _output;

    public bool IsOutputFull { get; set; }

    /// <summary>Whether a store has to be waited for; what it was asked then stands among the effects.</summary>
    public bool IsStoring { get; set; }

    /// <summary>What the client has sent since the last look.</summary>
    public List<string> Sent => [.. SentPackets.Select(PacketText.Of)];

    /// <summary>The same as packets.</summary>
    public List<MqttPacket> SentPackets
    {
        get
        {
            var packets = new List<MqttPacket>();
            using var reader = new PacketReader(_output.WrittenSpan, _version);
            while (reader.Read(out var frame) == DecodeStatus.Complete)
            {
                Assert.True(PacketCodec.TryDecode(frame, _version, out var packet, out var error), error.Message);
                packets.Add(packet);
            }

            Assert.Equal(_output.WrittenCount, reader.BytesConsumed);
            _output.Clear();
            return packets;
        }
    }

    /// <summary>Looks away from what was sent.</summary>
    public void ForgetSent() => _output.Clear();

    /// <summary>What the session has reported since the last look.</summary>
    public List<string> Effects
    {
        get
        {
            List<string> effects = [.. _effects];
            _effects.Clear();
            return effects;
        }
    }

    /// <summary>Opens a connection and has the server accept it; forgets what was sent and reported for that.</summary>
    public SessionConversation Open(bool sessionPresent = false, bool cleanStart = false, ConnAckPacket? connAck = null, ConnectPacket? connect = null)
    {
        connect ??= new ConnectPacket { ProtocolVersion = _version, ClientIdentifier = "c", KeepAlive = 60 };
        Session.Connect(connect with { CleanStart = cleanStart }, Now);
        Assert.StartsWith("Connect ", Assert.Single(Sent), StringComparison.Ordinal);
        _effects.Clear();
        Server((connAck ?? new ConnAckPacket { ReasonCode = ReasonCode.Success }) with { SessionPresent = sessionPresent });
        Assert.Contains("connected", Effects);
        return this;
    }

    public void Server(MqttPacket packet)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Assert.True(PacketCodec.TryWrite(packet, _version, bytes));
        ServerBytes(bytes.WrittenSpan);
    }

    public void ServerBytes(ReadOnlySpan<byte> bytes)
    {
        using var reader = new PacketReader(bytes, _version);
        while (true)
        {
            switch (reader.Read(out var frame))
            {
                case DecodeStatus.Complete:
                    Session.Receive(frame, Now);
                    break;
                case DecodeStatus.Malformed:
                    Session.ReceiveMalformed(reader.Error, Now);
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>Publishes; the payload names the message in the effects.</summary>
    public void Publish(string payload, QualityOfService qos = QualityOfService.AtLeastOnce, bool retain = false) =>
        Session.Publish(
            new OutgoingPublish(
                new ApplicationMessage { Topic = "t", Payload = Encoding.UTF8.GetBytes(payload), QoS = qos, Retain = retain }, this, _token++),
            Now);

    /// <summary>The server sends a message.</summary>
    public void Deliver(string payload, QualityOfService qos, ushort packetIdentifier, bool duplicate = false) => Server(new PublishPacket
    {
        Message = new ApplicationMessage { Topic = "t", Payload = Encoding.UTF8.GetBytes(payload), QoS = qos },
        PacketIdentifier = packetIdentifier,
        Duplicate = duplicate,
    });

    /// <summary>The application has finished with a message.</summary>
    public void Finish(string payload, ReasonCode reasonCode = ReasonCode.Success) => Session.Acknowledge(_receipts[payload], reasonCode, Now);

    public void Advance(double seconds)
    {
        Now += TimeSpan.FromSeconds(seconds);
        Session.Tick(Now);
    }

    public void Connected(ConnAckPacket packet) => _effects.Add("connected");

    public void Refused(ConnAckPacket packet) => _effects.Add($"refused {packet.ReasonCode}");

    public void AuthenticationContinues(ReadOnlyMemory<byte>? data) => _effects.Add($"continues {Text(data)}");

    public void AuthenticationEnds(ReadOnlyMemory<byte>? data) => _effects.Add($"ends {Text(data)}");

    public void MessageReceived(PublishPacket packet, in Receipt receipt)
    {
        var payload = Encoding.UTF8.GetString(packet.Message.Payload.Span);
        _receipts[payload] = receipt;
        _effects.Add($"message {packet.Message.Topic} {payload}");
    }

    public void MessageWritten(in OutgoingPublish publish) => _effects.Add($"written {Payload(publish)}");

    public bool MayLeave(ushort packetIdentifier, in OutgoingPublish publish) => AskStore($"keep {packetIdentifier}");

    public bool MayRelease(ushort packetIdentifier, in OutgoingPublish publish) => AskStore($"forget {packetIdentifier}");

    public void PublishEnded(in OutgoingPublish publish, PublishResult result) =>
        _effects.Add($"{Payload(publish)} {result.Outcome} {(result.ReasonCode == ReasonCode.Success ? "Success" : result.ReasonCode)}{(publish.Completion is null ? " unheard" : "")}");

    public void RequestAnswered(object request, IReadOnlyList<ReasonCode> reasonCodes) =>
        _effects.Add($"{request} answered {string.Join(' ', reasonCodes.Select(c => $"{(byte)c:X2}"))}");

    public void RequestLost(object request) => _effects.Add($"{request} lost");

    public void Ended(SessionEnd end) => _effects.Add($"ended {end.ReasonCode}: {end.Message}");

    public void Completed(long token, PublishResult result)
    {
    }

    private bool AskStore(string question)
    {
        if (IsStoring)
        {
            _effects.Add(question);
        }

        return !IsStoring;
    }

    private static string Text(ReadOnlyMemory<byte>? data) => data is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : "nothing";

    private static string Payload(in OutgoingPublish publish) => Encoding.UTF8.GetString(publish.Message.Payload.Span);
}
