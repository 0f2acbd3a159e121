using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>Uplinks of several brokers, several uplinks, and what those on site notice of all that: nothing.</summary>
public sealed class UplinkTests
{
    private const string Readings = "plant1/+/+";

    private const string Map = """
        bus: { simulated: true }
        devices:
          - name: attic
            every: 20 ms
            points:
              a: { simulate: "counter(0, 50)" }
              b: { simulate: "counter(0, 50)" }
              setpoint: { simulate: "constant(20)", write: true }
        """;

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task It_goes_over_to_the_next_broker_and_back_and_nobody_on_site_sees_a_gap()
    {
        await using var first = await MosquittoBroker.StartAsync();
        await using var second = await MosquittoBroker.StartAsync();
        await using var atFirst = await first.SubscribeAsync("plant1/#", 1, "-c", "-i", "judge");
        await using var atSecond = await second.SubscribeAsync("plant1/#", 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: [\"{first.Uri}\", \"{second.Uri}\"], fail-back: 2 s }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/#", 1);
        await atFirst.MoreAsync(50);

        await first.StopAsync();
        await atSecond.FirstAsync("plant1/$gateway/status", gateway, status => status.Payload == "online");
        await UntilServersAsync(gateway, "failed", "connected");
        await witness.FirstAsync("plant1/$gateway/uplink", gateway, uplink => uplink.Text("url").EndsWith($":{second.Port}", StringComparison.Ordinal) && uplink.Text("status") == "connected");
        Assert.Equal("number-7 {\"ok\":true,\"value\":21.5}", await MqttRequest.SendAsync(second.Port, "plant1/attic/setpoint/set", "21.5"));

        await first.StartAgainAsync();
        await UntilServersAsync(gateway, "connected", "ready");

        // The one that was left is told so.
        await Eventually.TrueAsync(() => Published.From(atSecond).Last(message => message.Topic == "plant1/$gateway/status").Payload == "offline");
        await gateway.StopAsync();
        var accepted = Published.ReadingsFrom(witness);
        HasNoGap(accepted);
        await ArrivesAsync(accepted, gateway, atFirst, atSecond);
        Assert.Contains("goes back to", gateway.Log, StringComparison.Ordinal);
        Assert.Equal(1, gateway.Log.Split('\n').Count(line => line.Contains(" warn ", StringComparison.Ordinal)));
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task A_broker_that_hangs_is_left_for_the_next_one_and_not_gone_back_to_while_it_does()
    {
        await using var first = await MosquittoBroker.StartAsync();
        await using var second = await MosquittoBroker.StartAsync();
        await using var atFirst = await first.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var atSecond = await second.SubscribeAsync(Readings, 1);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: [\"{first.Uri}\", \"{second.Uri}\"], fail-back: 1 s, ack-timeout: 2 s }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await atFirst.MoreAsync(20);
        await first.SuspendAsync();
        await atSecond.MoreAsync(200);
        Assert.Contains("acknowledged nothing for 2 s", gateway.Log, StringComparison.Ordinal);
        await UntilServersAsync(gateway, "failed", "connected");
        await first.ResumeAsync();
        await UntilServersAsync(gateway, "connected", "ready");
        await gateway.StopAsync();
        await ArrivesAsync(Published.ReadingsFrom(witness), gateway, atFirst, atSecond);
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Without_any_uplink_those_on_site_have_values_states_and_commands()
    {
        await using var upstream = await MosquittoBroker.StartAsync();
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{upstream.Uri}\" }}", Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await witness.MoreAsync(100);
        await upstream.KillAsync();
        await witness.MoreAsync(100);
        Assert.Equal("number-7 {\"ok\":true,\"value\":22.5}", await MqttRequest.SendAsync(gateway.Port, "plant1/attic/setpoint/set", "22.5"));

        // Whoever comes late sees where things stand.
        await using var late = await gateway.SubscribeAsync("plant1/#", 1);
        var value = await late.FirstAsync("plant1/attic/setpoint", gateway);
        Assert.Equal((true, "22.5", "good"), (value.IsRetained, value.Value, value.Text("quality")));
        var uplink = await late.FirstAsync("plant1/$gateway/uplink", gateway);
        Assert.Equal((true, "away"), (uplink.IsRetained, uplink.Text("status")));
        Assert.NotEmpty(uplink.Text("reason"));

        await upstream.StartAgainAsync();
        await late.FirstAsync("plant1/$gateway/uplink", gateway, state => state.Text("status") == "connected");
        await witness.MoreAsync(100);
        HasNoGap(Published.ReadingsFrom(witness));
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task Several_uplinks_get_everything_each_at_its_own_time_and_in_its_own_form()
    {
        await using var cloud = await MosquittoBroker.StartAsync();
        await using var plant = await MosquittoBroker.StartAsync();
        await using var atCloud = await cloud.SubscribeAsync("plant1/#", 1, "-c", "-i", "judge");
        await using var atPlant = await plant.SubscribeAsync("values/#", 1);
        var settings = $$"""
            uplink:
              - { name: cloud, url: "{{cloud.Uri}}" }
              - { name: plant, url: "{{plant.Uri}}", publish: { topic: "values/{device}/{point}", format: value } }
            """;
        await using var gateway = new GatewayInstallation(settings, Map);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/#", 1);
        await atCloud.MoreAsync(50);
        await atPlant.MoreAsync(50);
        Assert.Equal("number-7 {\"ok\":true,\"value\":21.5}", await MqttRequest.SendAsync(cloud.Port, "plant1/attic/setpoint/set", "21.5"));
        Assert.Equal("number-7 {\"ok\":true,\"value\":22.5}", await MqttRequest.SendAsync(plant.Port, "plant1/attic/setpoint/set", "22.5"));

        // One is away: the other notices nothing.
        await cloud.StopAsync();
        await atPlant.MoreAsync(500);
        var queue = (await gateway.StatusAsync()).GetProperty("queue").GetProperty("uplinks").EnumerateArray().ToDictionary(
            uplink => uplink.GetProperty("name").GetString()!, uplink => uplink.GetProperty("depth").GetInt64());
        Assert.True(queue["cloud"] > 300 && queue["plant"] < 100, $"{queue["cloud"]} wait for the cloud, {queue["plant"]} for the plant");
        await witness.FirstAsync("plant1/$gateway/uplink/cloud", gateway, state => state.Text("status") == "away");
        await witness.FirstAsync("plant1/$gateway/uplink/plant", gateway, state => state.Text("status") == "connected");

        // A restart knows each one's place.
        Assert.Equal(0, await gateway.StopAsync());
        var told = Values(atPlant);
        await gateway.StartAsync();
        await atPlant.MoreAsync(100);
        await using var second = await gateway.SubscribeAsync("plant1/#", 1);
        await cloud.StartAgainAsync();
        await second.FirstAsync("plant1/$gateway/uplink/cloud", gateway, state => state.Text("status") == "connected");
        await second.MoreAsync(100);
        var accepted = Published.ReadingsFrom(witness).Concat(Published.ReadingsFrom(second).Where(reading => !reading.IsRetained)).ToList();
        await ArrivesAsync(accepted, gateway, atCloud);
        foreach (var point in Published.ReadingsFrom(atCloud).DistinctBy(reading => reading.Id).GroupBy(reading => reading.Topic))
        {
            Assert.Equal(point.Select(reading => reading.Id).Order(), point.Select(reading => reading.Id));
        }

        // The other one, which had acknowledged everything, got nothing twice.
        Assert.All(told.GroupBy(value => value), value => Assert.Single(value));
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task An_uplink_that_is_removed_holds_nothing_back()
    {
        await using var plant = await MosquittoBroker.StartAsync();
        var settings = $"""
            uplink:
              - name: plant
                url: "{plant.Uri}"
            """;
        await using var gateway = new GatewayInstallation(settings + $"\n  - {{ name: gone, url: \"mqtt://127.0.0.1:{LoopbackPort.Free()}\" }}", Map);
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() > 300);
        gateway.Configure(settings);
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()) is var status && status.GetProperty("uplinks").GetArrayLength() == 1 && status.GetProperty("queue").GetProperty("depth").GetInt64() < 100);
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients)]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task What_a_broker_takes_for_too_large_is_parked_shown_and_sent_again_when_it_takes_more(string protocol)
    {
        // A 5.0 client is told the limit; from others the connection is taken.
        await using var strict = await MosquittoBroker.StartAsync("max_packet_size 700");
        await using var arrived = await strict.SubscribeAsync("plant1/#", 1, "-c", "-i", "judge");
        var points = string.Join('\n', Enumerable.Range(0, 60).Select(n => $"      point-{n:D2}: {{ simulate: \"constant(1)\" }}"));
        await using var gateway = new GatewayInstallation(
            $"publish: {{ per: device }}\nuplink: {{ url: \"{strict.Uri}\", protocol: {protocol}, park-after: 2 }}",
            $$"""
            bus: { simulated: true }
            devices:
              - name: small
                every: 200 ms
                points: { a: { simulate: "counter(0, 5)" } }
              - name: large
                every: 1 h
                points:
            {{points}}
            """);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/#", 1);
        await witness.FirstAsync("plant1/$gateway/queue", gateway, queue => queue.Payload.Contains("\"parked\":1", StringComparison.Ordinal));
        await arrived.MoreAsync(20);
        Assert.DoesNotContain(Published.From(arrived), message => message.Topic == "plant1/large");
        var parked = await gateway.QueueAsync("list", "--parked");
        Assert.Contains(protocol == "5" ? "PacketTooLarge" : "the broker ends the connection", parked, StringComparison.Ordinal);
        Assert.Contains("1 parked", await gateway.QueueAsync("stats"), StringComparison.Ordinal);
        Assert.Equal(1, gateway.Log.Split('\n').Count(line => line.Contains("they are parked", StringComparison.Ordinal)));

        await strict.ReconfigureAsync("");
        await arrived.MoreAsync(5);
        await gateway.QueueAsync("retry");
        await arrived.FirstAsync("plant1/large", gateway);
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("parked").GetInt64() == 0);
        await gateway.StopAsync();
        await ArrivesAsync(Published.ReadingsFrom(witness), gateway, arrived);
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients)]
    public async Task What_a_broker_does_not_allow_is_parked_and_the_rest_goes_on()
    {
        await using var strict = await MosquittoBroker.StartAsync("acl_file {folder}/acl", ("acl", "topic readwrite plant1/#\ntopic deny plant1/attic/b\n"));
        await using var arrived = await strict.SubscribeAsync("plant1/#", 1);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{strict.Uri}\" }}", Map);
        await gateway.StartAsync();
        await Eventually.TrueAsync(async () => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("parked").GetInt64() >= 10);
        await arrived.MoreAsync(100);
        Assert.Contains("NotAuthorized", await gateway.QueueAsync("list", "--parked"), StringComparison.Ordinal);
        Assert.DoesNotContain(Published.From(arrived), message => message.Topic == "plant1/attic/b");
        Assert.Contains(Published.From(arrived), message => message.Topic == "plant1/attic/a");
        var oldest = await OldestParkedAsync(gateway);
        Assert.NotNull(oldest);
        await gateway.QueueAsync("purge", "--parked");
        await Eventually.TrueAsync(async () => await OldestParkedAsync(gateway) != oldest);
    }

    private static async Task<string?> OldestParkedAsync(GatewayInstallation gateway)
    {
        var parked = JsonElement.Parse(await gateway.QueueAsync("list", "--parked", "--json"));
        return parked.GetArrayLength() == 0 ? null : parked[0].GetProperty("key").GetString();
    }

    private static IReadOnlyList<string> Values(MosquittoSubscriber subscriber) =>
        [.. Published.From(subscriber).Where(message => message.Topic.EndsWith("/a", StringComparison.Ordinal)).Select(message => message.Payload)];

    private static void HasNoGap(IReadOnlyList<Published> readings)
    {
        var numbers = readings.Where(reading => !reading.IsRetained).Select(reading => reading.Id!.Value.Sequence).ToList();
        Assert.Equal(Enumerable.Range(0, numbers.Count).Select(offset => numbers[0] + offset), numbers);
    }

    private static Task ArrivesAsync(IReadOnlyList<Published> accepted, GatewayInstallation gateway, params MosquittoSubscriber[] judges)
    {
        var expected = accepted.Select(reading => reading.Id).ToHashSet();
        return Eventually.TrueAsync(
            () => expected.IsSubsetOf(Arrived()), () => $"{expected.Except(Arrived()).Count()} of {expected.Count} are missing.\n{gateway.Log}");

        IEnumerable<(int, long)?> Arrived() => judges.SelectMany(Published.ReadingsFrom).Select(reading => reading.Id);
    }

    private static async Task UntilServersAsync(GatewayInstallation gateway, params string[] states)
    {
        var found = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var servers = (await gateway.StatusAsync()).GetProperty("uplinks")[0].GetProperty("servers");
                found = servers.GetRawText();
                return servers.EnumerateArray().Select(server => server.GetProperty("state").GetString()).SequenceEqual(states);
            },
            () => $"{found}\n{gateway.Log}");
    }
}
