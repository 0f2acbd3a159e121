using System.Buffers;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Tests.Session;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(QualityOfService.AtMostOnce)]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public void Publishing_allocates_nothing_in_the_session(QualityOfService qos)
    {
        var sink = new SilentSink();
        var session = new ClientSession(sink, ProtocolVersion.V50, 20, 0, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, TimeSpan.Zero);
        Receive(session, [0x20, 0x03, 0x00, 0x00, 0x00]);
        var publish = new OutgoingPublish(new ApplicationMessage { Topic = "a/b", Payload = new byte[64], QoS = qos }, sink, 0);
        for (var i = 0; i < 100; i++)
        {
            Deliver(session, sink, publish);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Deliver(session, sink, publish);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, session.Outstanding);
        Assert.Equal(1_100, sink.Ended);
    }

    private static void Deliver(ClientSession session, SilentSink sink, in OutgoingPublish publish)
    {
        session.Publish(publish, TimeSpan.Zero);
        var packetIdentifier = (ushort)((sink.Ended % 20) + 1);
        Span<byte> answer = stackalloc byte[AcknowledgementView.MaximumLength];
        if (publish.Message.QoS == QualityOfService.AtLeastOnce)
        {
            var length = AcknowledgementView.Write(answer, PacketType.PubAck, packetIdentifier, ReasonCode.Success, ProtocolVersion.V50);
            Receive(session, answer[..length]);
        }
        else if (publish.Message.QoS == QualityOfService.ExactlyOnce)
        {
            var length = AcknowledgementView.Write(answer, PacketType.PubRec, packetIdentifier, ReasonCode.Success, ProtocolVersion.V50);
            Receive(session, answer[..length]);
            AcknowledgementView.Write(answer, PacketType.PubComp, packetIdentifier, ReasonCode.Success, ProtocolVersion.V50);
            Receive(session, answer[..length]);
        }

        sink.Written.ResetWrittenCount();
    }

    private static void Receive(ClientSession session, ReadOnlySpan<byte> bytes)
    {
        using var reader = new PacketReader(bytes, ProtocolVersion.V50);
        Assert.True(reader.Read(out var frame) == DecodeStatus.Complete);
        session.Receive(frame, TimeSpan.Zero);
    }

    private sealed class SilentSink : IClientSessionSink, IPublishCompletion
    {
        public ArrayBufferWriter<byte> Written { get; } = new(1024);

        public int Ended { get; private set; }

        public IBufferWriter<byte> Output => Written;

        public bool IsOutputFull => false;

        public void Connected(ConnAckPacket packet)
        {
        }

        public void Refused(ConnAckPacket packet)
        {
        }

        public void AuthenticationContinues(ReadOnlyMemory<byte>? data)
        {
        }

        public void AuthenticationEnds(ReadOnlyMemory<byte>? data)
        {
        }

        public void MessageReceived(PublishPacket packet, in Receipt receipt)
        {
        }

        public void MessageWritten(in OutgoingPublish publish) => Ended++;

        public bool MayLeave(ushort packetIdentifier, in OutgoingPublish publish) => true;

        public bool MayRelease(ushort packetIdentifier, in OutgoingPublish publish) => true;

        public void PublishEnded(in OutgoingPublish publish, PublishResult result) => Ended++;

        public void RequestAnswered(object request, IReadOnlyList<ReasonCode> reasonCodes)
        {
        }

        public void RequestLost(object request)
        {
        }

        void IClientSessionSink.Ended(SessionEnd end) => Assert.Fail(end.Message);

        public void Completed(long token, PublishResult result)
        {
        }
    }
}
