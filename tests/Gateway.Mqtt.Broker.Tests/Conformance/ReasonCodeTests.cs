using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Conformance;

/// <summary>
/// All 43 Reason Codes: in which packets the broker sends each, or why in none. <c>tests/data/mqtt/reason-codes.tsv</c> has
/// code, packets that the wire conversations show, further packets with the test that shows them, and what there is to say.
/// </summary>
public sealed class ReasonCodeTests
{
    private static readonly string[][] Rows =
        [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "data", "mqtt", "reason-codes.tsv")).Select(line => line.Split('\t'))];

    [Fact]
    public void Every_code_is_accounted_for()
    {
        Assert.Equal(43, Rows.Length);
        Assert.Equal(
            Enum.GetValues<ReasonCode>().Select(code => $"{(byte)code:X2}").Distinct(),
            Rows.Select(row => row[0]));
        Assert.All(Rows, row => Assert.True(row[1].Length + row[2].Length + row[3].Length > 0, row[0]));
    }

    [Fact]
    public void Conversations_show_each_code_in_the_packets_it_belongs_in()
    {
        var shown = WireCase.Files.SelectMany(WireCase.Read).SelectMany(Sent).ToHashSet();
        var actual = Rows.Select(row => $"{row[0]} {string.Join(' ', Packets(shown, row[0]))}".TrimEnd());
        Assert.Equal(Rows.Select(row => $"{row[0]} {row[1]}".TrimEnd()), actual);
    }

    [Fact]
    public void Tests_that_show_a_code_elsewhere_exist() =>
        Assert.All(Rows.Where(row => row[2].Length > 0), row => Assert.True(Evidence.Exists(row[2].Split(' ')[^1]), row[2]));

    // 3.1.1 has fewer codes: table 3.1.
    [Theory]
    [InlineData(ReasonCode.BadUserNameOrPassword, "20 03 00 86 00", "20 02 00 04")]
    [InlineData(ReasonCode.NotAuthorized, "20 03 00 87 00", "20 02 00 05")]
    [InlineData(ReasonCode.ServerUnavailable, "20 03 00 88 00", "20 02 00 03")]
    [InlineData(ReasonCode.ServerBusy, "20 [ 00 89 [ 1f \"the authenticator refused the client\" ] ]", "20 02 00 03")]
    [InlineData(ReasonCode.Banned, "20 03 00 8a 00", "20 02 00 05")]
    [Trait("Spec", "MQTT-3.1.4-2")]
    [Trait("Spec", "MQTT-3.2.2-7")]
    [Trait("Spec", "MQTT-3.2.2-8")]
    [Trait("Spec311", "MQTT-3.2.2-5")]
    public void The_authenticators_refusal_is_said_in_connack(ReasonCode code, string of50, string of311)
    {
        foreach (var (version, answer) in (ReadOnlySpan<(int, string)>)[(5, of50), (4, of311)])
        {
            var state = new BrokerState(new BrokerLimits(), authorizer: null);
            var client = new WireClient(state) { Authentication = new(code) };
            client.Send(WireText.Parse("@connect:a", version));
            Assert.Equal(WireText.Format(WireText.Parse(answer)), WireText.Format(client.Take()));
            Assert.True(client.IsClosed);
        }
    }

    [Theory]
    [InlineData(true, "40 03 0001 99 50 03 0002 99 e0 01 99", true)]
    [InlineData(false, "40 03 0001 10 50 03 0002 10", false)]
    public void A_payload_that_is_not_what_it_says_is_refused_when_asked(bool isAsked, string answer, bool closes)
    {
        var state = new BrokerState(new BrokerLimits(), authorizer: null) { ValidatesPayloadFormat = isAsked };
        var client = new WireClient(state);
        client.Send(WireText.Parse("@connect5:a"));
        client.Take();
        client.Send(WireText.Parse("32 [ \"t\" 0001 [ 01 01 ] c328 ] 34 [ \"t\" 0002 [ 01 01 ] c328 ] 30 [ \"t\" [ 01 01 ] c328 ]"));
        Assert.Equal(WireText.Format(WireText.Parse(answer)), WireText.Format(client.Take()));
        Assert.Equal(closes, client.IsClosed);
    }

    private static IEnumerable<string> Packets(HashSet<(PacketType Type, ReasonCode Code)> shown, string code) =>
        Enum.GetValues<PacketType>().Where(type => shown.Contains((type, (ReasonCode)Convert.ToByte(code, 16)))).Select(type => type.ToString().ToUpperInvariant());

    // What the broker sends to the 5.0 clients of a conversation.
    private static IEnumerable<(PacketType Type, ReasonCode Code)> Sent(WireCase wireCase)
    {
        var isNew = new HashSet<string>();
        foreach (var words in wireCase.Steps.Select(step => step.Split(' ', 3)))
        {
            switch (words)
            {
                case [var name, ">", var text] when WireText.Parse(text) is [0x10, ..] connect:
                    // | 10 | length | 0004 "MQTT" | level | …; 0x84 is 3.1.1 as mosquitto's bridges say it.
                    var level = connect.AsSpan().IndexOf("MQTT"u8) is > 0 and var at ? connect[at + 4] : 0;
                    _ = level >= (byte)ProtocolVersion.V50 && level != 0x84 ? isNew.Add(name) : isNew.Remove(name);
                    break;
                case [var name, "<", var text] when isNew.Contains(name):
                    foreach (var code in Codes(WireText.Parse(text)))
                    {
                        yield return code;
                    }

                    break;
            }
        }
    }

    private static List<(PacketType Type, ReasonCode Code)> Codes(byte[] bytes)
    {
        var codes = new List<(PacketType, ReasonCode)>();
        using var reader = new PacketReader(bytes, ProtocolVersion.V50);
        while (reader.Read(out var frame) == DecodeStatus.Complete)
        {
            Assert.True(PacketCodec.TryDecode(frame, ProtocolVersion.V50, out var packet, out var error), error.Message);
            codes.AddRange(packet switch
            {
                ConnAckPacket connAck => [(packet.Type, connAck.ReasonCode)],
                PublishAcknowledgement acknowledgement => [(packet.Type, acknowledgement.ReasonCode)],
                SubAckPacket subAck => subAck.ReasonCodes.Select(code => (packet.Type, code)),
                UnsubAckPacket unsubAck => unsubAck.ReasonCodes.Select(code => (packet.Type, code)),
                DisconnectPacket disconnect => [(packet.Type, disconnect.ReasonCode)],
                AuthPacket auth => [(packet.Type, auth.ReasonCode)],
                _ => Enumerable.Empty<(PacketType, ReasonCode)>(),
            });
        }

        return codes;
    }
}
