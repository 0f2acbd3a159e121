using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Tests.Session;

/// <summary>Every packet of a server in every state of the client.</summary>
public sealed class WrongStateTests
{
    private const string NotAllowed = "ended ProtocolError";

    // | packet | effect when connected | answer when connected |
    public static TheoryData<string, string, string> Packets => new()
    {
        { "100D 00044D515454 05 00 003C 00 0000", NotAllowed, "Disconnect ReasonCode=82" },
        { "2003 00 00 00", NotAllowed, "Disconnect ReasonCode=82" },
        { "3005 000174 00 78", "message t x", "" },
        { "3207 000174 0001 00 78", "message t x", "" },
        { "3407 000174 0001 00 78", "message t x", "" },
        { "4002 0001", "", "" },
        { "5002 0001", "", "PubRel PacketIdentifier=1 ReasonCode=92" },
        { "6202 0001", "", "PubComp PacketIdentifier=1 ReasonCode=92" },
        { "7002 0001", "", "" },
        { "8207 0001 00 000174 00", NotAllowed, "Disconnect ReasonCode=82" },
        { "9004 0001 00 00", "", "" },
        { "A206 0001 00 000174", NotAllowed, "Disconnect ReasonCode=82" },
        { "B004 0001 00 00", "", "" },
        { "C000", NotAllowed, "Disconnect ReasonCode=82" },
        { "D000", "", "" },
        { "E000", "ended NormalDisconnection", "" },
    };

    [Theory]
    [MemberData(nameof(Packets))]
    [Trait("Spec", "MQTT-3.2.0-1")]
    [Trait("Spec", "MQTT-4.13.1-1")]
    [Trait("Spec311", "MQTT-4.8.0-1")]
    public void Each_has_its_answer(string packet, string effect, string answer)
    {
        var bytes = Convert.FromHexString(packet.Replace(" ", "", StringComparison.Ordinal));

        // Before CONNACK nothing else may come.
        var early = new SessionConversation();
        early.Session.Connect(new ConnectPacket { ProtocolVersion = ProtocolVersion.V50, ClientIdentifier = "c" }, early.Now);
        _ = early.Sent;
        early.ServerBytes(bytes);
        Assert.StartsWith(bytes[0] == 0x20 ? "connected" : NotAllowed, Assert.Single(early.Effects), StringComparison.Ordinal);
        Assert.Empty(early.Sent);

        var connected = new SessionConversation().Open();
        connected.ServerBytes(bytes);
        AssertOne(effect, connected.Effects);
        AssertOne(answer, connected.Sent);

        // 3.1.1 closes without a word.
        var old = new SessionConversation(ProtocolVersion.V311).Open();
        if (effect == NotAllowed)
        {
            old.ServerBytes(bytes);
            AssertOne(effect, old.Effects);
            Assert.Empty(old.Sent);
        }

        // After the end nothing is looked at.
        var ended = new SessionConversation().Open();
        ended.Session.Disconnect(ReasonCode.NormalDisconnection, ended.Now);
        _ = ended.Sent;
        _ = ended.Effects;
        ended.ServerBytes(bytes);
        Assert.Empty(ended.Effects);
        Assert.Empty(ended.Sent);
    }

    private static void AssertOne(string expected, List<string> actual)
    {
        if (expected.Length == 0)
        {
            Assert.Empty(actual);
            return;
        }

        Assert.StartsWith(expected, Assert.Single(actual), StringComparison.Ordinal);
    }
}
