using System.Globalization;
using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// The bridge between the gateway's own broker and a mosquitto upstream; the devices beside the gateway are mosquitto_pub, mosquitto_sub
/// and paho.
/// </summary>
public sealed class BridgeTests
{
    private const string Both = """{ pattern: "zigbee2mqtt/#", direction: both, remote-prefix: "{site}/" }""";

    private static readonly string Paho = Path.Combine(AppContext.BaseDirectory, "paho_counter.py");

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5")]
    [InlineData("3.1.1")]
    [InlineData("3.1")]
    public async Task Messages_go_up_and_come_down_once_under_the_names_of_the_other_side(string protocol)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("plant1/zigbee2mqtt/#", 1);
        await using var gateway = Create(mosquitto, Both, protocol);
        await gateway.StartAsync();
        await using var local = await gateway.SubscribeAsync("#", 1);
        await ConnectedAsync(gateway, local);

        for (var n = 0; n < 5; n++)
        {
            await PublishAsync(gateway, "zigbee2mqtt/lamp", $"on {n}", "-q", "1");
            await mosquitto.PublishAsync("plant1/zigbee2mqtt/lamp/set", $"off {n}", "-q", "1");
        }

        // What is last has nothing behind it: no echo of those before can come any more.
        await PublishAsync(gateway, "zigbee2mqtt/end", "end", "-q", "1");
        await mosquitto.PublishAsync("plant1/zigbee2mqtt/end/set", "end", "-q", "1");
        await upstream.FirstAsync("plant1/zigbee2mqtt/end", gateway);
        await local.FirstAsync("zigbee2mqtt/end/set", gateway);

        string[] states = ["on 0", "on 1", "on 2", "on 3", "on 4"];
        string[] commands = ["off 0", "off 1", "off 2", "off 3", "off 4"];
        Assert.Equal(states, Payloads(upstream, "plant1/zigbee2mqtt/lamp"));
        Assert.Equal(states, Payloads(local, "zigbee2mqtt/lamp"));
        Assert.Equal(commands, Payloads(upstream, "plant1/zigbee2mqtt/lamp/set"));
        Assert.Equal(commands, Payloads(local, "zigbee2mqtt/lamp/set"));
        Assert.DoesNotContain(upstream.Messages, message => message.Contains("there is no point", StringComparison.Ordinal));
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task What_happens_in_an_outage_arrives_after_it_in_order(string protocol)
    {
        // By default its QoS 0 overtakes what exceeds 20 messages of QoS 1 on the way to a subscriber, and does not wait for one
        // that comes back later than the bridge.
        await using var mosquitto = await MosquittoBroker.StartAsync("max_inflight_messages 0\nqueue_qos0_messages true");
        await using var upstream = await mosquitto.SubscribeAsync("plant1/zigbee2mqtt/lamp", 1, "-c", "-i", "judge");
        await using var gateway = Create(mosquitto, Both, protocol);
        await gateway.StartAsync();
        await using var local = await gateway.SubscribeAsync("#", 1);
        await ConnectedAsync(gateway, local);
        await mosquitto.StopAsync();
        await AwayAsync(gateway, local);

        // A device at QoS 0, as most are, and one at QoS 1; they wait together.
        for (var n = 0; n < 50; n++)
        {
            await PublishAsync(gateway, "zigbee2mqtt/lamp", $"{n}", "-q", n % 2 == 0 ? "0" : "1");
        }

        var waiting = await gateway.BridgeAsync();
        Assert.Equal(50, waiting.GetProperty("queue").GetProperty("depth").GetInt64());
        Assert.False(waiting.GetProperty("connection").GetProperty("isConnected").GetBoolean());
        await mosquitto.StartAgainAsync();
        await upstream.WaitForAsync(50);
        Assert.Equal(Enumerable.Range(0, 50).Select(n => $"{n}"), upstream.Payloads);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task A_command_that_is_sent_while_the_gateway_is_away_waits_upstream(string protocol)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var gateway = Create(mosquitto, Both, protocol);
        await gateway.StartAsync();
        await using (var local = await gateway.SubscribeAsync("#", 1))
        {
            await ConnectedAsync(gateway, local);
        }

        await gateway.KillAsync();
        await mosquitto.PublishAsync("plant1/zigbee2mqtt/lamp/set", "off", "-q", "1");
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () =>
        {
            var bridge = await gateway.BridgeAsync();
            return bridge.GetProperty("received").GetInt64() == 1;
        });
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Paho)]
    public async Task What_a_device_heard_to_have_arrived_is_upstream_though_the_gateway_was_killed()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("plant1/zigbee2mqtt/counter", 1, "-c", "-i", "judge");
        await using var gateway = Create(mosquitto, Both);
        await gateway.StartAsync();
        HashSet<string> acknowledged = [];
        for (var round = 0; round < 6; round++)
        {
            await using (var paho = PeerProcess.Start(
                Peer.Python, [Paho, $"{gateway.Port}", "zigbee2mqtt/counter", $"{round * 1_000_000}"]))
            {
                await Eventually.TrueAsync(() => paho.Output.Count('\n') > 150);
                if (round % 2 == 0)
                {
                    // In good order: killed, it would lose what it had acknowledged to the gateway and not yet handed to a judge that is slow.
                    await mosquitto.StopAsync();
                }

                var soFar = paho.Output.Count('\n');
                await Eventually.TrueAsync(() => paho.Output.Count('\n') > soFar + 150);
                await gateway.KillAsync();
                await paho.WaitForExitAsync();
                acknowledged.UnionWith(paho.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            }

            if (!mosquitto.IsRunning)
            {
                await mosquitto.StartAgainAsync();
            }

            await gateway.StartAsync();
        }

        Assert.True(acknowledged.Count > 1500, string.Join('\n', acknowledged.Take(20)));
        await Eventually.TrueAsync(
            () => acknowledged.IsSubsetOf(upstream.Payloads),
            () => $"{acknowledged.Except(upstream.Payloads).Count()} of {acknowledged.Count} are missing.\n{gateway.Log}");

        // Each run of the device in its order, but for what was sent twice.
        var first = upstream.Payloads.Distinct().Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(first.Order(), first);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task What_was_retained_before_goes_up_once_and_stays_retained(string protocol)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await mosquitto.PublishAsync("plant1/zigbee2mqtt/upstream", "kept above", "-r", "-q", "1");
        await using var gateway = Create(mosquitto, topics: null);
        await gateway.StartAsync();
        await PublishAsync(gateway, "zigbee2mqtt/bridge/state", "online", "-r", "-q", "1");
        await PublishAsync(gateway, "zigbee2mqtt/lamp", "not kept", "-q", "1");
        await gateway.StopAsync();

        gateway.Configure(Settings(mosquitto, Both, protocol));
        await using var upstream = await mosquitto.SubscribeAsync("plant1/zigbee2mqtt/#", 1);
        await gateway.StartAsync();
        await upstream.FirstAsync("plant1/zigbee2mqtt/bridge/state", gateway);
        await using (var local = await gateway.SubscribeAsync("zigbee2mqtt/#", 1))
        {
            await local.FirstAsync("zigbee2mqtt/upstream", gateway);
        }

        await using (var later = await gateway.SubscribeAsync("zigbee2mqtt/#", 1))
        {
            Assert.True((await later.FirstAsync("zigbee2mqtt/upstream", gateway)).IsRetained);
        }

        // Neither a reconnect nor a restart sends it again; a change of it goes up retained.
        await mosquitto.StopAsync();
        await mosquitto.StartAgainAsync();
        await gateway.StopAsync();
        await gateway.StartAsync();
        await PublishAsync(gateway, "zigbee2mqtt/bridge/state", "offline", "-r", "-q", "1");
        await using var late = await mosquitto.SubscribeAsync("plant1/zigbee2mqtt/#", 1);
        await late.FirstAsync("plant1/zigbee2mqtt/bridge/state", gateway, message => message.Payload == "offline");
        await using var retained = await mosquitto.SubscribeAsync("plant1/zigbee2mqtt/bridge/state", 1);
        Assert.True((await retained.FirstAsync("plant1/zigbee2mqtt/bridge/state", gateway)).IsRetained);
        Assert.DoesNotContain(late.Messages, message => message.Contains("not kept", StringComparison.Ordinal));

        // The subscriber was away with mosquitto, so it got what is retained once more than what was sent.
        Assert.Single(upstream.Messages.Select(Published.Parse), message => message is { IsRetained: false, Payload: "online" });
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task The_lower_of_both_qos_counts()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("q/#", 2);
        await using var gateway = Create(mosquitto, string.Join(
            ", ", new[] { 0, 1, 2 }.Select(qos => $$"""{ pattern: "q/{{qos}}/#", direction: both, qos: {{qos}} }""")));
        await gateway.StartAsync();
        await using var local = await gateway.SubscribeAsync("#", 2);
        await ConnectedAsync(gateway, local);
        foreach (var (entry, published) in from entry in new[] { 0, 1, 2 } from published in new[] { 0, 1, 2 } select (entry, published))
        {
            await PublishAsync(gateway, $"q/{entry}/out", $"{Math.Min(entry, published)}", "-q", $"{published}");
            await mosquitto.PublishAsync($"q/{entry}/in", $"{Math.Min(entry, published)}", "-q", $"{published}");
        }

        await Eventually.TrueAsync(
            () => Of(upstream, "out").Count == 9 && Of(local, "in").Count == 9,
            () => $"{string.Join('\n', upstream.Messages)}\nlocally\n{string.Join('\n', local.Messages)}\n{gateway.Log}");
        Assert.All(Of(upstream, "out"), message => Assert.Equal(message[3], message[2]));
        Assert.All(Of(local, "in"), message => Assert.Equal(message[3], message[2]));

        static List<string[]> Of(MosquittoSubscriber subscriber, string end) =>
            [.. subscriber.Messages.Select(line => line.Split(' ', 4)).Where(message => message[0].EndsWith("/" + end, StringComparison.Ordinal))];
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task An_entry_of_qos_0_queues_nothing_while_the_upstream_broker_is_away()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("#", 1, "-c", "-i", "judge");
        await using var gateway = Create(mosquitto, """{ pattern: "live/#", qos: 0 }, { pattern: "kept/#" }""");
        await gateway.StartAsync();
        await using var local = await gateway.SubscribeAsync("#", 1);
        await ConnectedAsync(gateway, local);
        await mosquitto.StopAsync();
        await AwayAsync(gateway, local);
        await PublishAsync(gateway, "live/a", "gone", "-q", "1");
        await PublishAsync(gateway, "kept/a", "kept", "-q", "1");
        var bridge = await gateway.BridgeAsync();
        Assert.Equal((1, 1), (bridge.GetProperty("queue").GetProperty("depth").GetInt64(), bridge.GetProperty("notQueued").GetInt64()));
        await mosquitto.StartAgainAsync();
        await upstream.FirstAsync("kept/a", gateway);
        Assert.Empty(Payloads(upstream, "live/a"));
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Properties_survive_the_queue_and_what_expired_in_it_does_not_go()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var gateway = Create(mosquitto, """{ pattern: "p/#", direction: both }""");
        await gateway.StartAsync();
        await using (var local = await gateway.SubscribeAsync("#", 1))
        {
            await ConnectedAsync(gateway, local);
            await mosquitto.StopAsync();
            await AwayAsync(gateway, local);
        }

        string[] properties =
        [
            "-V", "mqttv5", "-q", "1",
            "-D", "publish", "content-type", "text/plain", "-D", "publish", "response-topic", "p/answer",
            "-D", "publish", "correlation-data", "c0ffee", "-D", "publish", "payload-format-indicator", "1",
            "-D", "publish", "user-property", "b", "2", "-D", "publish", "user-property", "a", "1",
        ];
        await PublishAsync(gateway, "p/short", "gone", [.. properties, "-D", "publish", "message-expiry-interval", "1"]);
        await PublishAsync(gateway, "p/long", "there", [.. properties, "-D", "publish", "message-expiry-interval", "3600"]);

        // Over a kill, too.
        await gateway.KillAsync();
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.BridgeAsync()).GetProperty("queue").GetProperty("oldest").GetDateTimeOffset()
            < TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(1.2));
        await mosquitto.StartAgainAsync();
        await using var upstream = await MosquittoSubscriber.StartAsync(
            mosquitto.Port, "p/#", 1, "-V", "mqttv5", "-F", "= %t %r %q %C|%D|%F|%P|%R|%E|%p");
        await upstream.FirstAsync("p/long", gateway);
        var fields = upstream.Payloads.Single().Split('|');
        Assert.Equal(("text/plain", "c0ffee", "1", "p/answer", "there"), (fields[0], fields[1], fields[2], fields[4], fields[6]));
        Assert.Equal("b:2 a:1 bridge:plant1-bridge", fields[3]);
        Assert.InRange(int.Parse(fields[5], CultureInfo.InvariantCulture), 3500, 3599);
        Assert.Equal(1, (await gateway.BridgeAsync()).GetProperty("queue").GetProperty("dropped").GetInt64());
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task Two_gateways_at_one_upstream_broker_give_each_other_each_message_once(string protocol)
    {
        const string Topics = """{ pattern: "shared/#", direction: both }""";
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("shared/#", 1);
        await using var one = Create(mosquitto, Topics, protocol);
        await using var other = new GatewayInstallation("");
        other.Configure(Settings(mosquitto, Topics, protocol), "plant2");
        await one.StartAsync();
        await other.StartAsync();
        await using var atOne = await one.SubscribeAsync("#", 1);
        await using var atOther = await other.SubscribeAsync("#", 1);
        await ConnectedAsync(one, atOne);
        await ConnectedAsync(other, atOther, "plant2");
        for (var n = 0; n < 10; n++)
        {
            await PublishAsync(one, "shared/a", $"one {n}", "-q", "1");
            await PublishAsync(other, "shared/a", $"other {n}", "-q", "1");
        }

        await PublishAsync(one, "shared/end", "one", "-q", "1");
        await PublishAsync(other, "shared/end", "other", "-q", "1");
        foreach (var (subscriber, gateway) in new[] { (atOne, one), (atOther, other), (upstream, one) })
        {
            await subscriber.FirstAsync("shared/end", gateway, message => message.Payload == "one");
            await subscriber.FirstAsync("shared/end", gateway, message => message.Payload == "other");
            var payloads = Payloads(subscriber, "shared/a");
            Assert.Equal(20, payloads.Count);
            Assert.Equal(20, payloads.Distinct().Count());
        }
    }

    [PeerTheory(Peer.MosquittoClients)]
    [InlineData("5", "out")]
    [InlineData("5", "both")]
    [InlineData("3.1.1", "out")]
    public async Task In_a_ring_of_two_gateways_a_message_comes_to_rest(string protocol, string direction)
    {
        await using var one = new GatewayInstallation("");
        await using var other = new GatewayInstallation("");
        one.Configure(Ring(other));
        other.Configure(Ring(one), "plant2");
        await one.StartAsync();
        await other.StartAsync();
        await using var atOne = await one.SubscribeAsync("#", 1);
        await using var atOther = await other.SubscribeAsync("#", 1);
        await ConnectedAsync(one, atOne);
        await ConnectedAsync(other, atOther, "plant2");

        // Equal ones, too: a device may say the same again and again.
        for (var n = 0; n < 10; n++)
        {
            await PublishAsync(one, "shared/a", "on", "-q", "1");
        }

        await PublishAsync(one, "shared/end", "end", "-q", "1");
        await atOther.FirstAsync("shared/end", one);
        await Eventually.TrueAsync(
            async () => Looped(await one.BridgeAsync()) + Looped(await other.BridgeAsync()) >= 11
                && (await one.BridgeAsync()).GetProperty("queue").GetProperty("depth").GetInt64() == 0
                && (await other.BridgeAsync()).GetProperty("queue").GetProperty("depth").GetInt64() == 0,
            () => one.Log + other.Log);
        Assert.True(Payloads(atOther, "shared/a").Count >= 10);
        Assert.InRange(Payloads(atOther, "shared/a").Count + Payloads(atOne, "shared/a").Count, 20, 60);

        string Ring(GatewayInstallation upstream) => $$"""
            bridge:
              url: "mqtt://127.0.0.1:{{upstream.Port}}"
              protocol: {{protocol}}
              topics: [{ pattern: "shared/#", direction: {{direction}} }]
            """;

        static long Looped(JsonElement bridge) => bridge.GetProperty("looped").GetInt64();
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Pymodbus)]
    public async Task With_everything_bridged_the_gateways_own_readings_and_commands_pass_once()
    {
        await using var modbus = await PymodbusServer.StartTcpAsync(new Dictionary<int, PymodbusUnit> { [1] = new() { Holding = { [0] = [10, 11] } } });
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("plant1/#", 1);
        await using var gateway = new GatewayInstallation(Settings(mosquitto, """{ pattern: "#", direction: both }"""), $$"""
            bus: { modbus: tcp, host: 127.0.0.1, port: {{modbus.Port}} }
            devices: [{ name: boiler, unit: 1, every: 100 ms, points: { flow: { holding: 0 }, mode: { holding: 1, write: true } } }]
            """);
        await gateway.StartAsync();
        await using var local = await gateway.SubscribeAsync("plant1/#", 1);
        await ConnectedAsync(gateway, local);
        await upstream.FirstAsync("plant1/$gateway/status", gateway, status => status.Payload == "online");
        await mosquitto.PublishAsync("plant1/boiler/mode/set", "7", "-q", "1");
        await upstream.FirstAsync("plant1/boiler/mode/result", gateway);
        await PublishAsync(gateway, "plant1/boiler/mode/set", "8", "-q", "1");
        await local.FirstAsync("plant1/boiler/mode/result", gateway);
        await local.FirstAsync("plant1/boiler/mode", gateway, reading => reading.Id is not null && reading.Value == "8");
        await upstream.FirstAsync("plant1/boiler/mode", gateway, reading => reading.Id is not null && reading.Value == "8");
        await PublishAsync(gateway, "plant1/other/end", "end", "-q", "1");
        await upstream.FirstAsync("plant1/other/end", gateway);

        Assert.Single(Payloads(upstream, "plant1/boiler/mode/result"));
        Assert.Single(Payloads(local, "plant1/boiler/mode/result"));
        foreach (var subscriber in new[] { upstream, local })
        {
            var ids = Published.ReadingsFrom(subscriber).Select(reading => reading.Id).ToList();
            Assert.Equal(ids.Distinct(), ids);
        }
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task A_changed_bridge_restarts_neither_the_broker_nor_the_rest()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("#", 1);
        await using var gateway = Create(mosquitto, """{ pattern: "a/#" }""");
        await gateway.StartAsync();
        await using var local = await gateway.SubscribeAsync("#", 1);
        await ConnectedAsync(gateway, local);
        await PublishAsync(gateway, "b/kept", "kept", "-r", "-q", "1");
        gateway.Configure(Settings(mosquitto, """{ pattern: "b/#", remote-prefix: "{site}/" }"""));
        await upstream.FirstAsync("plant1/b/kept", gateway);
        await PublishAsync(gateway, "a/x", "not any more", "-q", "1");
        await PublishAsync(gateway, "b/x", "now", "-q", "1");
        await upstream.FirstAsync("plant1/b/x", gateway);
        Assert.Empty(Payloads(upstream, "a/x"));
        Assert.Equal(["now"], Payloads(local, "b/x"));
        Assert.Single(gateway.Log.Split('\n'), line => line.Contains("MQTT listens on", StringComparison.Ordinal));
    }

    private static GatewayInstallation Create(MosquittoBroker upstream, string? topics, string protocol = "5") => new(Settings(upstream, topics, protocol));

    private static string Settings(MosquittoBroker upstream, string? topics, string protocol = "5") => $$"""
        uplink: { url: "{{upstream.Uri}}", protocol: {{protocol}} }
        {{(topics is null ? "" : $"bridge: {{ topics: [{topics}] }}")}}
        """;

    // It says "away" before its first connection, too: the last word counts.
    private static Task AwayAsync(GatewayInstallation gateway, MosquittoSubscriber local) => Eventually.TrueAsync(
        () => local.Messages.LastOrDefault(message => message.StartsWith("plant1/$gateway/bridge ", StringComparison.Ordinal)) is { } state
            && Published.Parse(state).Payload == "away",
        () => $"The bridge does not say that it is away.\nThe gateway said:\n{gateway.Log}");

    private static Task<Published> ConnectedAsync(GatewayInstallation gateway, MosquittoSubscriber local, string site = "plant1") =>
        local.FirstAsync($"{site}/$gateway/bridge", gateway, state => state.Payload == "connected");

    private static async Task PublishAsync(GatewayInstallation gateway, string topic, string payload, params string[] arguments)
    {
        await using var publisher = PeerProcess.Start(
            "mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{gateway.Port}", "-t", topic, "-m", payload, .. arguments]);
        Assert.True(await publisher.WaitForExitAsync() == 0, publisher.Output);
    }

    private static List<string> Payloads(MosquittoSubscriber subscriber, string topic) =>
        [.. subscriber.Messages.Select(Published.Parse).Where(message => message.Topic == topic).Select(message => message.Payload)];
}
