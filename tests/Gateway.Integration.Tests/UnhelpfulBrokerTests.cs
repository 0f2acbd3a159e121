using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// Upstream brokers that do what the standard lets them do and mosquitto cannot be made to: acknowledge nothing, send clients elsewhere, have quotas, and refuse
/// one topic for its payload. <see cref="ScriptedBroker"/> is such a one; where readings are to end up another is mosquitto.
/// </summary>
public sealed class UnhelpfulBrokerTests
{
    private const string Readings = "plant1/attic/+";

    private const string Map = """
        bus: { simulated: true }
        devices:
          - name: attic
            every: 20 ms
            points:
              a: { simulate: "counter(0, 50)" }
              b: { simulate: "counter(0, 50)" }
        """;

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task One_that_answers_pings_and_acknowledges_nothing_is_left_for_the_next_and_what_it_has_heard_comes_with_the_same_key()
    {
        await using var silent = new ScriptedBroker(_ => null);
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: [\"{silent.Uri}\", \"{mosquitto.Uri}\"], ack-timeout: 2 s, fail-back: 1 h }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await upstream.MoreAsync(100);
        Assert.Contains("acknowledged nothing for 2 s", gateway.Log, StringComparison.Ordinal);
        Assert.Equal(["failed", "connected"], (await gateway.StatusAsync()).GetProperty("uplinks")[0].GetProperty("servers").EnumerateArray().Select(server => server.GetProperty("state").GetString()));
        await gateway.StopAsync();

        var accepted = Published.ReadingsFrom(witness);
        await ArriveAsync(accepted, () => Published.ReadingsFrom(upstream), gateway);
        var heard = Heard(silent.Received);
        Assert.NotEmpty(heard);
        AreSame(heard, Published.ReadingsFrom(upstream));
        AssertInOrderWithoutGap(Published.ReadingsFrom(upstream));
    }

    [PeerFact(Peer.MosquittoClients)]
    public async Task With_no_other_it_is_tried_again_and_once_it_acknowledges_everything_is_there()
    {
        await using var silent = new ScriptedBroker(_ => null);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{silent.Uri}\", ack-timeout: 1 s }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await using var state = await gateway.SubscribeAsync("plant1/$gateway/uplink", 1);
        await Eventually.TrueAsync(() => silent.Connections >= 3, () => gateway.Log);
        await state.FirstAsync("plant1/$gateway/uplink", gateway, uplink => uplink.Payload.Contains("acknowledged nothing for 1 s", StringComparison.Ordinal));
        var heard = Heard(silent.Received);
        silent.Answer = _ => 0;
        await witness.MoreAsync(100);

        await ArriveAsync(Published.ReadingsFrom(witness), () => Heard(silent.Taken), gateway);
        AreSame(heard, Heard(silent.Taken));
        AssertInOrderWithoutGap(Heard(silent.Taken));
        Assert.Equal(0, (await gateway.StatusAsync()).GetProperty("queue").GetProperty("parked").GetInt64());
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData(0x9C, false)] // use another server
    [InlineData(0x9C, true)]
    [InlineData(0x9D, false)] // server moved
    [InlineData(0x9D, true)]
    public async Task A_broker_that_sends_the_gateway_elsewhere_is_followed_where_the_configuration_says_so(byte code, bool isConnected)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var home = new ScriptedBroker(_ => 0);
        var reference = (code, $"127.0.0.1:{mosquitto.Port}");
        home.Reference = isConnected ? null : reference;
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{home.Uri}\", follow-references: [127.0.0.1] }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        if (isConnected)
        {
            await Eventually.TrueAsync(() => Heard(home.Taken).Count > 50, () => gateway.Log);
            home.Reference = reference;
        }

        await upstream.MoreAsync(100);
        Assert.Equal($"mqtt://{reference.Item2}", (await gateway.StatusAsync()).GetProperty("uplinks")[0].GetProperty("url").GetString());
        home.Reference = null;

        // "Another" was for that connection, "moved" is for good.
        await mosquitto.StopAsync();
        var before = Heard(home.Taken).Count;
        await Eventually.TrueAsync(() => Heard(home.Taken).Count > before + 50, () => gateway.Log);
        var servers = (await gateway.StatusAsync()).GetProperty("uplinks")[0].GetProperty("servers").EnumerateArray().Select(server => server.GetProperty("state").GetString());
        Assert.Equal(code == 0x9D ? ["failed", "connected"] : ["connected"], servers);
        await gateway.StopAsync();
        await mosquitto.StartAgainAsync();
        await ArriveAsync(Published.ReadingsFrom(witness), () => [.. Heard(home.Taken), .. Published.ReadingsFrom(upstream)], gateway);
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Where_it_does_not_the_credentials_go_nowhere_and_everything_waits()
    {
        await using var stranger = await MosquittoBroker.StartAsync();
        await using var home = new ScriptedBroker(_ => 0) { Reference = (0x9D, $"127.0.0.1:{stranger.Port}") };
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{home.Uri}\", follow-references: [\"*.example.org\"] }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await using var state = await gateway.SubscribeAsync("plant1/$gateway/uplink", 1);
        await state.FirstAsync("plant1/$gateway/uplink", gateway, uplink => uplink.Payload.Contains($"refers to 127.0.0.1:{stranger.Port}", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => home.Connections >= 3, () => gateway.Log);
        Assert.DoesNotContain(stranger.Log, line => line.Contains("plant1-gateway", StringComparison.Ordinal));

        home.Reference = null;
        await ArriveAsync(Published.ReadingsFrom(witness), () => Heard(home.Taken), gateway);
    }

    [PeerFact(Peer.MosquittoClients)]
    public async Task A_quota_that_is_used_up_for_a_while_parks_nothing_and_loses_nothing()
    {
        await using var upstream = new ScriptedBroker(_ => 0);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{upstream.Uri}\", park-after: 1 }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await Eventually.TrueAsync(() => Heard(upstream.Taken).Count > 20, () => gateway.Log);
        upstream.Answer = _ => 0x97;
        await Eventually.TrueAsync(async () => (await HindranceAsync(gateway))?.StartsWith("QuotaExceeded", StringComparison.Ordinal) == true, () => gateway.Log);
        await Eventually.TrueAsync(async () => (await QueueAsync(gateway)).GetProperty("depth").GetInt64() > 100, () => gateway.Log);

        upstream.Answer = _ => 0;
        await ArriveAsync(Published.ReadingsFrom(witness), () => Heard(upstream.Taken), gateway);
        AssertInOrderWithoutGap(Heard(upstream.Taken));
        Assert.Equal(0, (await QueueAsync(gateway)).GetProperty("parked").GetInt64());
        Assert.Null(await HindranceAsync(gateway));
    }

    [PeerTheory(Peer.MosquittoClients)]
    [InlineData(0x99, "PayloadFormatInvalid", 1)] // never: not tried again
    [InlineData(0x83, "ImplementationSpecificError", 2)]
    public async Task What_it_always_refuses_of_one_topic_is_parked_counted_and_shown_and_the_rest_goes_on(byte code, string reason, int times)
    {
        const string bad = "plant1/attic/b";
        await using var upstream = new ScriptedBroker(topic => topic == bad ? code : (byte)0);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{upstream.Uri}\", park-after: 2 }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await Eventually.TrueAsync(async () => (await QueueAsync(gateway)).GetProperty("parked").GetInt64() >= 3, () => gateway.Log);
        var first = upstream.Received.First(message => message.Topic == bad).Payload;
        Assert.Equal(times, upstream.Received.Count(message => message.Payload == first));
        Assert.Matches(@"\d+ parked", await gateway.QueueAsync("stats"));
        var parked = JsonElement.Parse(await gateway.QueueAsync("list", "--parked", "--json"));
        Assert.All(parked.EnumerateArray(), each => Assert.Equal(("attic", "b", reason), (each.GetProperty("device").GetString(), each.GetProperty("point").GetString(), each.GetProperty("reason").GetString())));

        // The others were not held up, and come without a gap.
        var good = Heard(upstream.Taken).Count;
        await Eventually.TrueAsync(() => Heard(upstream.Taken).Count > good + 100, () => gateway.Log);
        Assert.DoesNotContain(upstream.Taken, message => message.Topic == bad);

        // Nothing of them is gone: with their keys they come once it takes them.
        upstream.Answer = _ => 0;
        await gateway.QueueAsync("retry");
        await ArriveAsync(Published.ReadingsFrom(witness), () => Heard(upstream.Taken), gateway);
        await Eventually.TrueAsync(() => upstream.Taken.Any(message => message.Payload == first), () => gateway.Log);
    }

    private static async Task<string?> HindranceAsync(GatewayInstallation gateway) =>
        (await gateway.StatusAsync()).GetProperty("uplinks")[0].TryGetProperty("hindrance", out var hindrance) ? hindrance.GetString() : null;

    private static async Task<JsonElement> QueueAsync(GatewayInstallation gateway) => (await gateway.StatusAsync()).GetProperty("queue");

    private static IReadOnlyList<Published> Heard(IEnumerable<(string Topic, string Payload)> messages) =>
        [.. messages.Where(message => message.Topic.StartsWith("plant1/attic/", StringComparison.Ordinal)).Select(message => new Published(message.Topic, IsRetained: false, message.Payload)).Where(message => message.Id is not null)];

    // What was sent before and what arrived say the same, key by key.
    private static void AreSame(IReadOnlyList<Published> heard, IReadOnlyList<Published> arrived)
    {
        var byKey = arrived.ToLookup(reading => reading.Id);
        Assert.All(heard, reading => Assert.All(byKey[reading.Id].DefaultIfEmpty(), there => Assert.Equal((reading.Topic, reading.Payload), (there?.Topic, there?.Payload))));
    }

    private static void AssertInOrderWithoutGap(IReadOnlyList<Published> arrived)
    {
        var numbers = arrived.Select(reading => reading.Id!.Value.Sequence).Distinct().ToList();
        Assert.Equal(Enumerable.Range(0, numbers.Count).Select(offset => numbers[0] + offset), numbers);
    }

    private static Task ArriveAsync(IReadOnlyList<Published> accepted, Func<IReadOnlyList<Published>> arrived, GatewayInstallation gateway)
    {
        var expected = accepted.Select(reading => reading.Id).ToHashSet();
        return Eventually.TrueAsync(
            () => expected.IsSubsetOf(arrived().Select(reading => reading.Id)),
            () => $"{expected.Except(arrived().Select(reading => reading.Id)).Count()} of {expected.Count} are missing.\n{gateway.Log}");
    }
}
