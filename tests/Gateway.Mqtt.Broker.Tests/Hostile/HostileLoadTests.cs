using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Hostile;

/// <summary>Nothing runs beside the tests that measure memory.</summary>
[CollectionDefinition(nameof(HostileLoadTests), DisableParallelization = true)]
public sealed class HostileLoad;

/// <summary>
/// Much of what is allowed: memory stays within the limits, and a client that stands by gets its message.
/// <c>GATEWAY_HOSTILE_TOPICS=1000000</c> sets how many topics; default 100,000.
/// </summary>
[Collection(nameof(HostileLoadTests))]
public sealed class HostileLoadTests
{
    private const int Megabyte = 1_000_000;

    private static readonly int Topics = int.Parse(
        Environment.GetEnvironmentVariable("GATEWAY_HOSTILE_TOPICS") ?? "100000", CultureInfo.InvariantCulture);

    [Fact]
    public void A_length_announced_and_not_sent_costs_nothing()
    {
        var state = NewState(new BrokerLimits());
        var before = Memory();
        var clients = Enumerable.Range(0, 1000).Select(i => Connect(state, $"c{i}")).ToList();
        var connected = Memory();

        // 16,777,210 bytes are just allowed; 268,435,455 are not, and are refused by the header alone.
        clients.ForEach(client => client.Send(WireText.Parse("30 faffff07 0001 't'")));
        Assert.True(Memory() - connected < 5 * Megabyte, $"{Memory() - connected} bytes for announcements");
        Assert.True(Memory() - before < 20 * Megabyte, $"{Memory() - before} bytes in all");
        Assert.All(clients, client => Assert.False(client.IsClosed));
        var greedy = Connect(state, "greedy");
        greedy.Send([0x30, 0xFF, 0xFF, 0xFF, 0x7F]);
        Assert.Equal("e00195", WireText.Format(greedy.Take()));
        AssertServes(state);
    }

    [Theory]
    [InlineData("10 ffffff07 0004 'MQTT' 05 02 0000", "20 03 00 95 00")]
    [InlineData("10 818010 0004 'MQTT' 05 02 0000", "20 03 00 95 00")]
    [InlineData("10 818010 0004 'MQTT' 04 02 0000", "")]
    [InlineData("30 818010 0004 'MQTT' 05 02 0000", "")]
    public void Before_it_is_let_in_a_client_is_refused_by_a_header_that_announces_too_much(string packet, string answer)
    {
        var state = NewState(new BrokerLimits());
        var client = new WireClient(state);
        client.Send(WireText.Parse(packet));
        Assert.Equal(WireText.Format(WireText.Parse(answer)), WireText.Format(client.Take()));
        Assert.True(client.IsClosed);
        Assert.Equal(1, state.Tally.ClientsRefused);
    }

    [Fact]
    public void A_Will_of_the_greatest_length_is_let_in()
    {
        var state = NewState(new BrokerLimits());
        var client = new WireClient(state);
        client.Send(WireText.Parse("10 [ \"MQTT\" 05 06 0000 [ ] \"a\" [ ] \"t\" ffff 78 *65535 ]"));
        Assert.Equal(WireText.Format(WireText.Parse("@ok5")), WireText.Format(client.Take()));
        Assert.Equal(0, state.Tally.BytesBeforeConnAck);
    }

    [Fact]
    public async Task Strangers_who_send_a_long_connect_and_no_end_have_so_much_together_and_no_more()
    {
        const int Strangers = 1000;
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Limits = new BrokerLimits { ConnectTimeout = TimeSpan.FromHours(1) } });
        var beginning = new byte[200_000];
        WireText.Parse("10 80f00f 0004 'MQTT' 05 02 0000").CopyTo(beginning, 0);
        var before = Memory();
        var strangers = new List<SocketClient>();
        for (var i = 0; i < Strangers; i++)
        {
            strangers.Add(await broker.ConnectAsync());
            try
            {
                await strangers[i].SendAsync(beginning);
            }
            catch (SocketException)
            {
                // Refused before all was sent.
            }
        }

        await Eventually.TrueAsync(() => broker.Counters is var now && now.ClientsRefused + (now.BytesBeforeConnAck / beginning.Length) == Strangers);
        Assert.InRange(broker.Counters.BytesBeforeConnAck, 1, ServerConnection.MostBeforeConnAck);
        Assert.True(Memory() - before < 100 * Megabyte, $"{Memory() - before} bytes");

        using var honest = await broker.ConnectAsync("@connect5:honest");
        await honest.ExpectAsync("@ok5");
        strangers.ForEach(stranger => stranger.Dispose());
        await Eventually.TrueAsync(() => broker.Counters.BytesBeforeConnAck == 0);
    }

    [Theory]
    [InlineData("5", "82", "00", "e0 01 97")]
    [InlineData("5", "a2", "", "e0 01 97")]
    [InlineData("4", "82", "00", "")]
    [InlineData("4", "a2", "", "")]
    public void A_packet_of_millions_of_filters_is_refused_before_they_are_kept(string version, string header, string options, string answer)
    {
        var state = NewState(new BrokerLimits());
        var client = new WireClient(state);
        client.Send(WireText.Parse($"@connect{version}:c"));
        client.Take();
        byte[] filter = [0x00, 0x01, (byte)'#', .. Convert.FromHexString(options)];
        byte[] packet = [.. Convert.FromHexString(header), 0xF0, 0xFF, 0xFF, 0x07, 0x00, 0x01, .. version == "5" ? [0x00] : Array.Empty<byte>(), .. Enumerable.Repeat(filter, 16_777_216 / filter.Length).SelectMany(bytes => bytes)];
        packet = packet[..(5 + 0x00FFFFF0)];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        client.Send(packet);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 50 * Megabyte, $"{GC.GetAllocatedBytesForCurrentThread() - allocated} bytes");
        Assert.Equal(WireText.Format(WireText.Parse(answer)), WireText.Format(client.Take()));
        Assert.True(client.IsClosed);
        Assert.Equal(1, state.Tally.ProtocolErrors);
        AssertServes(state);
    }

    [Fact]
    public void A_filter_that_a_packet_repeats_is_one_subscription_and_gets_retained_messages_once()
    {
        var state = NewState(new BrokerLimits());
        Connect(state, "p").Send(Publish(0x31, "retained"));
        var client = Connect(state, "c");
        var filters = string.Concat(Enumerable.Repeat("\"#\" 00 ", 1000));
        client.Send(WireText.Parse($"82 [ 0001 [ ] {filters} ]"));
        Assert.Equal(WireText.Format(WireText.Parse("90 [ 0001 [ ] 00 *1000 ] 31 [ \"retained\" [ ] 'x' ]")), WireText.Format(client.Take()));
        Assert.Equal(1, state.Subscriptions.Count);
    }

    [Fact]
    public void User_Properties_that_nobody_reads_cost_their_bytes_alone()
    {
        var state = NewState(new BrokerLimits());
        var client = Connect(state, "c");
        byte[] property = [0x26, 0x00, 0x01, (byte)'a', 0x00, 0x01, (byte)'b'];
        byte[] properties = [.. Enumerable.Repeat(property, 100_000).SelectMany(bytes => bytes)];
        client.Send([0x82, 0xE9, 0xDC, 0x2A, 0x00, 0x01, 0xE0, 0xDC, 0x2A, .. properties, .. WireText.Parse("\"t\" 00")]);
        Assert.Equal("900400010000", WireText.Format(client.Take()));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        client.Send([0x82, 0xE9, 0xDC, 0x2A, 0x00, 0x02, 0xE0, 0xDC, 0x2A, .. properties, .. WireText.Parse("\"t\" 00")]);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 5 * Megabyte, $"{GC.GetAllocatedBytesForCurrentThread() - allocated} bytes");
    }

    [Fact]
    public void A_million_topics_leave_nothing_behind()
    {
        var state = NewState(new BrokerLimits());
        var subscriber = Connect(state, "s", "82 [ 0001 [ ] \"#\" 00 ]", aliases: 32);
        var publisher = Connect(state, "p");
        PublishTopics(0, 1000);
        var before = Memory();
        PublishTopics(1000, Topics);
        Assert.True(Memory() - before < Megabyte, $"{Memory() - before} bytes");
        AssertServes(state);

        void PublishTopics(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                publisher.Send(Publish(0x30, $"sensors/{i}/value"));
                if (i % 100 == 0)
                {
                    subscriber.Take();
                }
            }
        }
    }

    [Fact]
    public void A_million_retained_topics_stay_within_their_limit()
    {
        var state = NewState(new BrokerLimits { RetainedMessages = 1000 });
        var publisher = Connect(state, "p");
        var before = Memory();
        for (var i = 0; i < Topics; i++)
        {
            publisher.Send(Publish(0x31, $"sensors/{i}/value"));
        }

        Assert.Equal(1000, state.Retained.Count);
        Assert.True(Memory() - before < 2 * Megabyte, $"{Memory() - before} bytes");
        Assert.False(publisher.IsClosed);
        AssertServes(state);
    }

    [Fact]
    public void Filters_that_come_and_go_leave_nothing_behind()
    {
        var state = NewState(new BrokerLimits());
        var client = Connect(state, "s");
        var before = Memory();
        for (var i = 0; i < Topics / 5; i++)
        {
            client.Send(WireText.Parse($"82 [ 0001 [ ] \"a/{i}/+/b{i}\" 00 ] a2 [ 0002 [ ] \"a/{i}/+/b{i}\" ]"));
            client.Take();
            state.Events.Clear();
        }

        Assert.Equal(0, state.Subscriptions.Count);
        Assert.True(Memory() - before < Megabyte, $"{Memory() - before} bytes");
    }

    [Fact]
    public void The_same_filter_ten_thousand_times_is_one_subscription()
    {
        var limits = new BrokerLimits { UnsentBytes = 64 * 1024, QueuedMessages = 1000, RetainedMessages = 1000 };
        var state = NewState(limits);
        var publisher = Connect(state, "p");
        for (var i = 0; i < 1000; i++)
        {
            publisher.Send(Publish(0x31, $"retained/{i}"));
        }

        // It takes nothing of the ten million messages that it asks for.
        var deaf = Connect(state, "deaf");
        deaf.Reads = false;
        var before = Memory();
        for (var i = 0; i < 10_000 && deaf.Connection.Output.Length < limits.UnsentBytes; i++)
        {
            deaf.Send(WireText.Parse("82 [ 0001 [ ] \"#\" 01 ]"));
        }

        Assert.True(Memory() - before < 2 * Megabyte, $"{Memory() - before} bytes");
        Assert.Equal(1, state.Subscriptions.Count);

        // And one that takes them gets each, every time.
        var eager = Connect(state, "eager");
        for (var i = 0; i < 100; i++)
        {
            eager.Send(WireText.Parse("82 [ 0001 [ ] \"#\" 00 ]"));
            Assert.InRange(eager.Take().Length, 1000 * 15, 1000 * 20);
        }

        AssertServes(state);
    }

    [Fact]
    public void Ten_thousand_clients_of_one_filter_all_get_the_message()
    {
        var state = NewState(new BrokerLimits { Connections = 10_001 });
        var clients = Enumerable.Range(0, 10_000).Select(i => Connect(state, $"c{i}", "82 [ 0001 [ ] \"#\" 00 ]")).ToList();
        var message = Publish(0x30, "t");
        Connect(state, "p").Send(message);
        Assert.All(clients, client => Assert.Equal(message, client.Take()));
    }

    [Fact]
    [Trait("Spec", "MQTT-4.7.3-3")]
    public void Deep_topics_are_refused_by_their_levels_and_matched_within_them()
    {
        var state = NewState(new BrokerLimits { TopicLevels = 512 });
        var client = Connect(state, "c");
        var slashes = new string('/', 65_535);
        client.Send(Subscribe(slashes));
        Assert.Equal("90040001008f", WireText.Format(client.Take()));
        client.Send(Publish(0x32, slashes));
        Assert.Equal("4003000190", WireText.Format(client.Take()));

        // 512 levels of wildcards and of names, and half of each.
        string[] filters = [string.Join('/', Enumerable.Repeat("+", 512)), string.Join('/', Enumerable.Repeat("a", 511)) + "/#", string.Join('/', Enumerable.Range(0, 512).Select(i => i % 2 == 0 ? "a" : "+"))];
        foreach (var filter in filters)
        {
            client.Send(Subscribe(filter));
            client.Take();
        }

        client.Send(Publish(0x30, string.Join('/', Enumerable.Repeat("a", 512))));
        Assert.NotEmpty(client.Take());
        AssertServes(state);
    }

    [Fact]
    public void Filters_made_to_be_slow_are_matched_once_each()
    {
        // Every mixture of a name and + on twelve levels: 4,096 filters, all of which match.
        var state = NewState(new BrokerLimits());
        var client = Connect(state, "c");
        for (var mixture = 0; mixture < 4096; mixture++)
        {
            var filter = string.Join('/', Enumerable.Range(0, 12).Select(level => (mixture >> level & 1) == 0 ? "a" : "+"));
            client.Send(WireText.Parse($"82 [ 0001 [ 0b {Identifier(mixture + 1)} ] \"{filter}\" 00 ]"));
            client.Take();
        }

        Connect(state, "p").Send(Publish(0x30, string.Join('/', Enumerable.Repeat("a", 12))));
        var message = client.Take();

        // One message, with 4,096 Subscription Identifiers of two or three bytes each.
        Assert.Equal(0x30, message[0]);
        Assert.InRange(message.Length, 4096 * 2, 4096 * 4);
        AssertServes(state);

        static string Identifier(int value) => value < 128 ? $"{value:x2}" : $"{(value & 0x7F) | 0x80:x2}{value >> 7:x2}";
    }

    [Fact]
    public void A_client_that_takes_itself_over_ten_thousand_times_is_one_session()
    {
        var state = NewState(new BrokerLimits());
        var before = Memory();
        WireClient? last = null;
        for (var i = 0; i < 10_000; i++)
        {
            var client = new WireClient(state);
            client.Send(WireText.Parse("@resume5:same"));
            Assert.False(client.IsClosed);
            last?.Connection.OnClosed();
            last = client;
        }

        Assert.Equal(1, state.Sessions.Count);
        state.Events.Clear();
        state.Dirty.Clear();
        state.Dirty.TrimExcess();
        state.Events.TrimExcess();
        Assert.True(Memory() - before < Megabyte, $"{Memory() - before} bytes");
    }

    private static void AssertServes(BrokerState state)
    {
        var bystander = Connect(state, "bystander", "82 [ 0001 [ ] \"bystander/only\" 01 ]");
        bystander.Send(WireText.Parse("32 [ \"bystander/only\" 0007 [ ] 'x' ]"));
        Assert.Equal(WireText.Format(WireText.Parse("32 [ \"bystander/only\" 0001 [ ] 'x' ] 40 02 0007")), WireText.Format(bystander.Take()));
    }

    private static BrokerState NewState(BrokerLimits limits)
    {
        var state = new BrokerState(limits, authorizer: null);
        state.Advance(0);
        return state;
    }

    private static WireClient Connect(BrokerState state, string name, string then = "", int aliases = 0)
    {
        var client = new WireClient(state);
        client.Send(WireText.Parse($"10 [ \"MQTT\" 05 02 0000 [ 17 00 22 {aliases:x4} ] \"{name}\" ] {then}"));
        client.Take();
        return client;
    }

    private static byte[] Subscribe(string filter) => Packet(0x82, [0x00, 0x01, 0x00], filter, [0x00]);

    private static byte[] Publish(byte header, string topic) => Packet(header, [], topic, (header & 0x06) == 0 ? [0x00, (byte)'x'] : [0x00, 0x01, 0x00, (byte)'x']);

    private static byte[] Packet(byte header, byte[] before, string text, byte[] after)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = before.Length + 2 + bytes.Length + after.Length;
        List<byte> packet = [header];
        for (; length >= 128; length /= 128)
        {
            packet.Add((byte)(length % 128 | 128));
        }

        return [.. packet, (byte)length, .. before, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes, .. after];
    }

    private static long Memory() => GC.GetTotalMemory(forceFullCollection: true);
}
