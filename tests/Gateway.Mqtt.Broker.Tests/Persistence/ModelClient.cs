using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Persistence;

/// <summary>A client of 3.1.1 that keeps its session, receives when it is told to, and answers later. MQTT 3.1.1 §4.3, §4.4.</summary>
internal abstract class ModelClient(DyingBroker broker, string clientId)
{
    private const ProtocolVersion Version = ProtocolVersion.V311;

    private readonly Queue<MqttPacket> _answers = new();
    private WireClient? _wire;
    private bool _isAccepted;

    /// <summary>Connected, and the broker said so.</summary>
    protected bool IsAccepted => _wire is { IsClosed: false } && _isAccepted;

    public void Connect()
    {
        if (_wire is not { IsClosed: false })
        {
            _isAccepted = false;
            _answers.Clear();
            _wire = broker.Connect("");
            Send(new ConnectPacket { ProtocolVersion = Version, ClientIdentifier = clientId, CleanStart = false });
        }
    }

    public void Drop()
    {
        _wire?.Drop();
        OnDied();
    }

    /// <summary>The broker is gone, and what was on the line with it.</summary>
    public void OnDied()
    {
        _wire = null;
        _isAccepted = false;
        _answers.Clear();
    }

    public void Receive()
    {
        if (_wire is null)
        {
            return;
        }

        var reader = new PacketReader(_wire.Take(), Version);
        while (reader.Read(out var frame) == DecodeStatus.Complete)
        {
            Assert.True(PacketCodec.TryDecode(frame, Version, out var packet, out var error), error.Message);
            if (packet is ConnAckPacket)
            {
                _isAccepted = true;
                OnAccepted();
            }
            else
            {
                Handle(packet);
            }
        }
    }

    /// <summary>Sends so many of the answers that it owes.</summary>
    public void Answer(int count)
    {
        while (count-- > 0 && IsAccepted && _answers.TryDequeue(out var answer))
        {
            Send(answer);
        }
    }

    protected void Owe(MqttPacket packet) => _answers.Enqueue(packet);

    protected void Send(MqttPacket packet)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketCodec.TryWrite(packet, Version, output);
        _wire!.Send(output.WrittenSpan);
    }

    protected abstract void OnAccepted();

    protected abstract void Handle(MqttPacket packet);
}

/// <summary>Publishes numbers, and sends again what was not acknowledged.</summary>
internal sealed class ModelPublisher(DyingBroker broker, QualityOfService qos) : ModelClient(broker, "p")
{
    private const int Window = 5;

    private readonly SortedDictionary<int, bool> _isReceived = [];

    /// <summary>How many numbers, from 0.</summary>
    public int Published { get; private set; }

    public void Publish()
    {
        if (IsAccepted && _isReceived.Count < Window)
        {
            _isReceived.Add(Published, false);
            Send(ToPublish(Published++, isAgain: false));
        }
    }

    protected override void OnAccepted()
    {
        foreach (var (number, isReceived) in _isReceived)
        {
            Send(isReceived ? new PubRelPacket { PacketIdentifier = ToIdentifier(number) } : ToPublish(number, isAgain: true));
        }
    }

    protected override void Handle(MqttPacket packet)
    {
        switch (packet)
        {
            case PubAckPacket acknowledgement:
                _isReceived.Remove(ToNumber(acknowledgement.PacketIdentifier));
                break;
            case PubRecPacket received:
                _isReceived[ToNumber(received.PacketIdentifier)] = true;
                Owe(new PubRelPacket { PacketIdentifier = received.PacketIdentifier });
                break;
            case PubCompPacket complete:
                _isReceived.Remove(ToNumber(complete.PacketIdentifier));
                break;
        }
    }

    // Few identifiers, so that they are soon used again.
    private static ushort ToIdentifier(int number) => (ushort)((number % (2 * Window)) + 1);

    private int ToNumber(ushort identifier) => _isReceived.Keys.Single(number => ToIdentifier(number) == identifier);

    private PublishPacket ToPublish(int number, bool isAgain) => new()
    {
        PacketIdentifier = ToIdentifier(number),
        Duplicate = isAgain,
        Message = new ApplicationMessage { Topic = "t", QoS = qos, Payload = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)) },
    };
}

/// <summary>Notes what it gets; of QoS 2 only what it has not.</summary>
internal sealed class ModelSubscriber(DyingBroker broker, string clientId, QualityOfService qos) : ModelClient(broker, clientId)
{
    private readonly HashSet<ushort> _unreleased = [];

    public List<int> Received { get; } = [];

    public void Subscribe() => Send(new SubscribePacket { PacketIdentifier = 1, Subscriptions = [new Subscription { TopicFilter = "t", MaximumQoS = qos }] });

    protected override void OnAccepted()
    {
    }

    protected override void Handle(MqttPacket packet)
    {
        switch (packet)
        {
            case PublishPacket { Message.QoS: QualityOfService.AtLeastOnce } publish:
                Note(publish);
                Owe(new PubAckPacket { PacketIdentifier = publish.PacketIdentifier });
                break;
            case PublishPacket publish:
                if (_unreleased.Add(publish.PacketIdentifier))
                {
                    Note(publish);
                }

                Owe(new PubRecPacket { PacketIdentifier = publish.PacketIdentifier });
                break;
            case PubRelPacket release:
                _unreleased.Remove(release.PacketIdentifier);
                Owe(new PubCompPacket { PacketIdentifier = release.PacketIdentifier });
                break;
        }
    }

    private void Note(PublishPacket publish) => Received.Add(int.Parse(publish.Message.Payload.Span, NumberStyles.None, CultureInfo.InvariantCulture));
}
