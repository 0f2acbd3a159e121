using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Hostile;

/// <summary>Bytes that no well-meaning client sends, in every place where they can stand: each is answered as the standard says.</summary>
public sealed class HostileBytesTests
{
    // Cut short, a surrogate, overlong, above U+10FFFF, no lead byte at all, U+0000.
    private static readonly string[] BadText = ["c328", "e282", "eda080", "c080", "f4908080", "f888808080", "ff", "00"];

    // % stands for a string; one after another is made bad.
    private static readonly (int Version, bool IsFirst, string Packet)[] Templates =
    [
        (5, true, "10 [ \"MQTT\" 05 c6 003c [ 15 % 16 \"d\" 26 % % ] % [ 03 % 08 % 26 % % ] % \"gone\" % \"password\" ]"),
        (4, true, "10 [ \"MQTT\" 04 c6 003c % % \"gone\" % \"password\" ]"),
        (5, false, "30 [ % [ 03 % 08 % 26 % % ] 'x' ]"),
        (4, false, "30 [ % 'x' ]"),
        (5, false, "40 [ 0001 00 [ 1f % 26 % % ] ]"),
        (5, false, "50 [ 0001 00 [ 1f % 26 % % ] ]"),
        (5, false, "62 [ 0001 00 [ 1f % 26 % % ] ]"),
        (5, false, "70 [ 0001 00 [ 1f % 26 % % ] ]"),
        (5, false, "82 [ 0001 [ 26 % % ] % 00 % 01 ]"),
        (4, false, "82 [ 0001 % 00 % 01 ]"),
        (5, false, "a2 [ 0001 [ 26 % % ] % % ]"),
        (4, false, "a2 [ 0001 % % ]"),
        (5, false, "e0 [ 00 [ 1f % 26 % % ] ]"),
        (5, false, "f0 [ 18 [ 15 % 16 \"d\" 1f % 26 % % ] ]"),
    ];

    public static TheoryData<int> TemplateIndexes => [.. Enumerable.Range(0, Templates.Length)];

    public static TheoryData<int, int> VersionsAndTypes
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (var version in (int[])[4, 5])
            {
                for (var type = 0; type < 16; type++)
                {
                    data.Add(version, type);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(TemplateIndexes))]
    [Trait("Spec", "MQTT-1.5.4-1")]
    [Trait("Spec", "MQTT-1.5.4-2")]
    [Trait("Spec", "MQTT-1.5.7-1")]
    [Trait("Spec", "MQTT-4.13.1-1")]
    [Trait("Spec311", "MQTT-1.5.3-1")]
    [Trait("Spec311", "MQTT-1.5.3-2")]
    public void Text_that_is_not_UTF_8_closes_the_connection_wherever_it_stands(int template)
    {
        var (version, isFirst, packet) = Templates[template];
        var parts = packet.Split('%');
        for (var bad = 0; bad < parts.Length - 1; bad++)
        {
            foreach (var bytes in BadText)
            {
                var field = 0;
                var text = parts.Aggregate((a, b) => a + (field++ == bad ? $"{bytes.Length / 2:x4} {bytes}" : "\"s\"") + b);
                var client = isFirst ? new WireClient(NewState()) : Connected(version);
                client.Send(WireText.Parse(text));
                var answer = isFirst || version == 4 ? "" : "e00181";
                Assert.Equal($"{text}: {answer}", $"{text}: {WireText.Format(client.Take())}");
                Assert.True(client.IsClosed, text);
            }
        }
    }

    [Theory]
    [MemberData(nameof(VersionsAndTypes))]
    [Trait("Spec", "MQTT-2.1.3-1")]
    [Trait("Spec311", "MQTT-2.2.2-1")]
    [Trait("Spec311", "MQTT-2.2.2-2")]
    public void Reserved_flags_close_the_connection_in_every_packet(int version, int type)
    {
        for (var flags = 0; flags < 16; flags++)
        {
            var isValid = type switch
            {
                0 => false,
                3 => (flags & 0b0110) != 0b0110,
                6 or 8 or 10 => flags == 0b0010,
                15 => version == 5 && flags == 0,
                _ => flags == 0,
            };
            if (isValid)
            {
                continue;
            }

            // Refused by the first byte: what follows could be anything.
            var client = Connected(version);
            client.Send([(byte)((type << 4) | flags)]);
            Assert.Equal($"{type} {flags}: {(version == 5 ? "e00181" : "")}", $"{type} {flags}: {WireText.Format(client.Take())}");
            Assert.True(client.IsClosed);
        }
    }

    // What stands behind the packet: the answer; "closed" alone: without a word.
    [Theory]
    [InlineData("10 [ \"MQTT\" 05 02 003c [ ] \"b\" ]", "e0 01 82 closed")]
    [InlineData("20 03 00 00 00", "e0 01 82 closed")]
    [InlineData("30 [ \"t\" [ ] ]", "")]
    [InlineData("32 [ \"t\" 0001 [ ] ]", "40 03 0001 10")]
    [InlineData("34 [ \"t\" 0001 [ ] ]", "50 03 0001 10")]
    [InlineData("40 02 0001", "")]
    [InlineData("50 02 0001", "62 03 0001 92")]
    [InlineData("62 02 0001", "70 03 0001 92")]
    [InlineData("70 02 0001", "")]
    [InlineData("82 [ 0001 [ ] \"t\" 00 ]", "90 04 0001 00 00")]
    [InlineData("90 04 0001 00 00", "e0 01 82 closed")]
    [InlineData("a2 [ 0001 [ ] \"t\" ]", "b0 04 0001 00 11")]
    [InlineData("b0 04 0001 00 00", "e0 01 82 closed")]
    [InlineData("c0 00", "d0 00")]
    [InlineData("d0 00", "e0 01 82 closed")]
    [InlineData("e0 00", "closed")]
    [InlineData("f0 [ 18 [ 15 \"m\" ] ]", "e0 01 82 closed")]
    [Trait("Spec", "MQTT-3.1.0-2")]
    [Trait("Spec", "MQTT-3.2.0-2")]
    [Trait("Spec", "MQTT-4.13.1-1")]
    [Trait("Spec311", "MQTT-4.8.0-1")]
    public void Every_packet_has_its_answer_in_every_state(string packet, string whenConnected)
    {
        var bytes = WireText.Parse(packet);
        var isConnect = bytes[0] == 0x10;

        // Before CONNECT: nothing but CONNECT is looked at.
        var early = new WireClient(NewState());
        early.Send(bytes);
        Assert.Equal(isConnect ? WireText.Format(WireText.Parse("@ok5")) : "", WireText.Format(early.Take()));
        Assert.Equal(!isConnect, early.IsClosed);

        var connected = Connected(5);
        connected.Send(bytes);
        Assert.Equal(WireText.Format(WireText.Parse(whenConnected.Replace("closed", "", StringComparison.Ordinal))), WireText.Format(connected.Take()));
        Assert.Equal(whenConnected.EndsWith("closed", StringComparison.Ordinal), connected.IsClosed);

        // 3.1.1 is not told why.
        var old = Connected(4);
        if (whenConnected == "e0 01 82 closed")
        {
            old.Send(bytes);
            Assert.Empty(old.Take());
            Assert.True(old.IsClosed);
        }

        // After DISCONNECT nothing is looked at.
        var gone = Connected(5);
        gone.Send([0xE0, 0x00, .. bytes]);
        Assert.Empty(gone.Take());
        Assert.True(gone.IsClosed);
    }

    private static BrokerState NewState()
    {
        var state = new BrokerState(new BrokerLimits(), authorizer: null);
        state.Advance(0);
        return state;
    }

    private static WireClient Connected(int version)
    {
        var client = new WireClient(NewState());
        client.Send(WireText.Parse("@connect:a", version));
        client.Take();
        return client;
    }
}
