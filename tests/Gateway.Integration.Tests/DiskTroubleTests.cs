using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>The disk of a running gateway is slow or fails, with its uplink away: polling and those on site notice nothing, and nothing is lost.</summary>
public sealed class DiskTroubleTests
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
        """;

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task A_disk_that_takes_two_seconds_for_each_sync_delays_neither_polling_nor_those_on_site()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map);
        var disk = await gateway.PutDataOnAsync(seed: 1);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await upstream.MoreAsync(100);
        await mosquitto.StopAsync();
        disk.SyncDelay = TimeSpan.FromSeconds(2);
        await witness.MoreAsync(300);

        // Half of the syncs would show in how old the newest reading is, if it had to wait for them.
        List<TimeSpan> ages = [];
        var until = witness.Count + 500;
        await Eventually.TrueAsync(() =>
        {
            var newest = Published.Parse(witness.Messages.Last(message => message.StartsWith("plant1/attic/a ", StringComparison.Ordinal)));
            ages.Add(TimeProvider.System.GetUtcNow() - newest.Time);
            return witness.Count >= until;
        });
        var median = ages.Order().ElementAt(ages.Count / 2);
        Assert.True(median < TimeSpan.FromSeconds(0.5), $"{median}");
        var status = await gateway.StatusAsync();
        var lateness = status.GetProperty("lateness").GetProperty("p99Milliseconds").GetDouble();
        Assert.True(lateness < 500, $"{lateness} ms");
        Assert.NotEqual(0, status.GetProperty("queue").GetProperty("depth").GetInt64());

        disk.SyncDelay = TimeSpan.Zero;
        await mosquitto.StartAgainAsync();
        await ArrivesAsync(witness, upstream, gateway);
    }

    [PeerFact(Peer.Compiler)]
    public async Task With_max_loss_none_a_disk_that_does_not_answer_is_told_of_and_keeps_nothing_from_those_on_site()
    {
        await using var gateway = new GatewayInstallation("uplink: { url: mqtt://127.0.0.1:1 }\nqueue: { max-loss: none }", Map);
        var disk = await gateway.PutDataOnAsync(seed: 4);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await using var queue = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
        await witness.MoreAsync(100);
        disk.SyncDelay = TimeSpan.FromMinutes(10);

        await queue.FirstAsync("plant1/$gateway/queue", gateway, state => state.Payload.Contains("does not answer", StringComparison.Ordinal));
        await witness.MoreAsync(500);
        var numbers = Published.ReadingsFrom(witness).Select(reading => reading.Id).ToList();
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        await gateway.KillAsync();

        // It starts on such a disk, too.
        await gateway.StartAsync();
        await using var another = await gateway.SubscribeAsync(Readings, 1);
        await another.MoreAsync(500);
        await gateway.KillAsync();
    }

    [PeerFact(Peer.MosquittoClients, Peer.Compiler)]
    public async Task A_disk_that_does_not_answer_the_broker_is_told_of_while_that_lasts()
    {
        const string topic = "plant1/$gateway/storage", well = "{\"points\":null,\"broker\":null}";
        await using var gateway = new GatewayInstallation("", Map);
        var disk = await gateway.PutDataOnAsync(seed: 5);
        await gateway.StartAsync();
        await using var storage = await gateway.SubscribeAsync(topic, 1);
        await storage.FirstAsync(topic, gateway, state => state.Payload == well);
        disk.SyncDelay = TimeSpan.FromSeconds(4);

        // The broker's file is synced when its log has grown to 4 MB.
        List<PeerProcess> publishers = [];
        for (var n = 0; n < 12; n++)
        {
            publishers.Add(PeerProcess.Start("mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{gateway.Port}", "-t", $"big/{n}", "-q", "1", "-r", "-s"], new string('x', 500_000)));
        }

        await storage.FirstAsync(topic, gateway, state => state.Payload.Contains("broker.db does not answer", StringComparison.Ordinal));
        var status = (await gateway.StatusAsync()).GetProperty("broker").GetProperty("problem").GetString();
        Assert.Contains("broker.db ", status, StringComparison.Ordinal);
        Assert.Contains("acknowledgements of what it is to keep wait", gateway.Log, StringComparison.Ordinal);

        disk.SyncDelay = TimeSpan.Zero;
        await Eventually.TrueAsync(() => Published.From(storage)[^1].Payload == well, () => gateway.Log);
        foreach (var publisher in publishers)
        {
            Assert.Equal(0, await publisher.WaitForExitAsync());
            await publisher.DisposeAsync();
        }

        await gateway.KillAsync();
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task A_disk_that_fails_is_told_of_and_taken_up_again_and_nothing_is_lost()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map);
        var disk = await gateway.PutDataOnAsync(seed: 2);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await using var queue = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
        await upstream.MoreAsync(100);
        await mosquitto.StopAsync();
        await witness.MoreAsync(200);
        disk.Fault = DiskFault.Failing;
        await queue.FirstAsync("plant1/$gateway/queue", gateway, state => state.Payload.Contains("I/O error", StringComparison.Ordinal));
        await witness.MoreAsync(300);

        disk.Fault = DiskFault.None;
        await Eventually.TrueAsync(() => Published.From(queue)[^1].Payload.Contains("\"problem\":null", StringComparison.Ordinal), () => gateway.Log);
        await mosquitto.StartAgainAsync();
        await ArrivesAsync(witness, upstream, gateway);
        Assert.Empty(gateway.DamagedFiles);
        await gateway.KillAsync();
    }

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    [InlineData(DiskFault.Failing, "I/O error")]
    [InlineData(DiskFault.Full, "is full")]
    [InlineData(DiskFault.ReadOnly, "I/O error")]
    public async Task What_waits_on_a_disk_that_takes_nothing_more_goes_before_what_is_newer(DiskFault fault, string problem)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map);
        var disk = await gateway.PutDataOnAsync(seed: 6);
        await mosquitto.StopAsync();
        await gateway.StartAsync();
        await using (var first = await gateway.SubscribeAsync(Readings, 1))
        {
            await first.MoreAsync(300);
            Assert.Equal(0, await gateway.StopAsync());
        }

        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await using var queue = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
        await witness.MoreAsync(50);
        disk.Fault = fault;
        await queue.FirstAsync("plant1/$gateway/queue", gateway, state => state.Payload.Contains(problem, StringComparison.Ordinal));
        await witness.MoreAsync(50);
        await mosquitto.StartAgainAsync();
        await ArrivesAsync(witness, upstream, gateway);
        var arrived = Published.ReadingsFrom(upstream);
        Judged.Of(Published.ReadingsFrom(witness), arrived).AssertInOrder();
        Assert.Equal(Published.ReadingsFrom(witness)[^1].Id!.Value.Boot - 1, arrived[0].Id!.Value.Boot);
    }

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task A_page_that_the_disk_does_not_give_costs_what_is_on_it_and_holds_up_nothing_else()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map);
        var disk = await gateway.PutDataOnAsync(seed: 3);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await upstream.MoreAsync(20);
        await mosquitto.StopAsync();
        await witness.MoreAsync(1000);
        Assert.Equal(0, await gateway.StopAsync());
        await disk.LosePageAsync(gateway.QueueFile, page: 20);
        var expected = Published.ReadingsFrom(witness).Select(reading => reading.Id).ToHashSet();

        await gateway.StartAsync();
        await mosquitto.StartAgainAsync();
        await Eventually.TrueAsync(() => gateway.DamagedFiles.Count > 0, () => gateway.Log);
        Assert.Contains("does not give what is at byte 81920", gateway.Log, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => expected.Except(Arrived()).Count() is > 0 and < 100, () => $"{expected.Except(Arrived()).Count()} of {expected.Count} are missing.\n{gateway.Log}");
        await upstream.MoreAsync(100);
        await gateway.KillAsync();

        IEnumerable<(int, long)?> Arrived() => Published.ReadingsFrom(upstream).Select(reading => reading.Id);
    }

    [PeerTheory(Peer.Sqlite, Peer.Compiler)]
    [InlineData("retained", @"(\d+) retained messages were read from the damaged")]
    [InlineData("value", @"(\d+) counts and states of outputs were read from the damaged")]
    public async Task A_page_of_another_file_that_the_disk_does_not_give_costs_what_is_on_it(string table, string told)
    {
        var devices = Enumerable.Range(0, 30).Select(device =>
            $"  - {{ name: d{device}, every: 1 s, points: {{ {string.Join(", ", Enumerable.Range(0, 10).Select(point => $"p{point}: {{ simulate: constant(7), monotonic: true }}"))} }} }}");
        await using var gateway = new GatewayInstallation("", $"bus: {{ simulated: true }}\ndevices:\n{string.Join('\n', devices)}");
        var disk = await gateway.PutDataOnAsync(seed: 4);
        await gateway.StartAsync();
        await using (var site = await gateway.SubscribeAsync(Readings))
        {
            await Eventually.TrueAsync(() => Published.ReadingsFrom(site).Select(reading => reading.Topic).Distinct().Count() == 300, () => gateway.Log);
        }

        Assert.Equal(0, await gateway.StopAsync());
        var file = table == "value" ? gateway.PointsFile : gateway.BrokerFile;
        var rows = int.Parse((await LostPage.AskAsync(file, $"SELECT count(*) FROM {table}"))[0], CultureInfo.InvariantCulture);
        var leaf = (await LostPage.AskAsync(file, $"SELECT pageno, ncell FROM dbstat WHERE name = '{table}' AND pagetype = 'leaf' AND (pageno - 1) % 64 > 0 ORDER BY pageno DESC LIMIT 1"))[0]
            .Split('|').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToList();
        await disk.LosePageAsync(file, leaf[0] - 1);

        await gateway.StartAsync();

        await Eventually.TrueAsync(() => Regex.IsMatch(gateway.Log, told), () => gateway.Log);
        Assert.Contains($"does not give what is at byte {(leaf[0] - 1) * 4096}; it was set aside", gateway.Log, StringComparison.Ordinal);
        Assert.True(rows >= 300 && leaf[1] > 0, $"{rows} rows, {leaf[1]} on the page");
        Assert.Equal(rows - leaf[1], int.Parse(Regex.Match(gateway.Log, told).Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.Equal(0, await gateway.StopAsync());
    }

    [SmallDiskFact]
    public async Task A_disk_that_has_become_read_only_keeps_the_gateway_from_nothing_and_the_backlog_on_it_is_sent()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map);
        using var disk = gateway.MountData(50_000_000);
        await gateway.StartAsync();
        await using (var witness = await gateway.SubscribeAsync(Readings, 1))
        {
            await upstream.MoreAsync(20);
            await mosquitto.StopAsync();
            await witness.MoreAsync(300);
            Assert.Equal(0, await gateway.StopAsync());
            disk.Remount(isReadOnly: true);

            await gateway.StartAsync();
            await using var queue = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
            await queue.FirstAsync("plant1/$gateway/queue", gateway, state => state.Payload.Contains("read-only", StringComparison.Ordinal));
            await mosquitto.StartAgainAsync();
            await ArrivesAsync(witness, upstream, gateway);
            await upstream.MoreAsync(100); // new ones, too

            disk.Remount(isReadOnly: false);
            await Eventually.TrueAsync(() => Published.From(queue)[^1].Payload.Contains("\"problem\":null", StringComparison.Ordinal), () => gateway.Log);
        }

        Assert.Equal(0, await gateway.StopAsync());
        Assert.Empty(gateway.DamagedFiles);
    }

    [SmallDiskFact]
    public async Task A_disk_that_somebody_else_has_filled_keeps_the_gateway_from_nothing_and_nothing_is_lost()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}\nqueue: {{ keep-free: 0 MB }}", Map);
        using var disk = gateway.MountData(8_000_000);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await using var queue = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
        await upstream.MoreAsync(100);
        await mosquitto.StopAsync();
        await witness.MoreAsync(200);
        var full = disk.Fill();
        await queue.FirstAsync("plant1/$gateway/queue", gateway, state => state.Payload.Contains(" is full", StringComparison.Ordinal));
        await witness.MoreAsync(300);

        File.Delete(full);
        await Eventually.TrueAsync(() => Published.From(queue)[^1].Payload.Contains("\"problem\":null", StringComparison.Ordinal), () => gateway.Log);
        await mosquitto.StartAgainAsync();
        await ArrivesAsync(witness, upstream, gateway);
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Empty(gateway.DamagedFiles);
    }

    [RootFact]
    public async Task A_folder_of_another_owner_keeps_the_gateway_from_nothing_and_the_backlog_in_it_is_sent()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync(Readings, 1, "-c", "-i", "judge");
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{mosquitto.Uri}\" }}", Map) { ObeysPermissions = true };
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync(Readings, 1);
        await upstream.MoreAsync(20);
        await mosquitto.StopAsync();
        await witness.MoreAsync(300);
        Assert.Equal(0, await gateway.StopAsync());
        await gateway.GiveDataToAsync("nobody");

        await gateway.StartAsync();
        Assert.Contains("cannot be written", gateway.Log, StringComparison.Ordinal);
        await using var queue = await gateway.SubscribeAsync("plant1/$gateway/queue", 1);
        await queue.FirstAsync("plant1/$gateway/queue", gateway, state => !state.Payload.Contains("\"problem\":null", StringComparison.Ordinal));
        await mosquitto.StartAgainAsync();
        await ArrivesAsync(witness, upstream, gateway);
        await upstream.MoreAsync(100); // new ones, too

        await gateway.GiveDataToAsync("root");
        await Eventually.TrueAsync(() => Published.From(queue)[^1].Payload.Contains("\"problem\":null", StringComparison.Ordinal), () => gateway.Log);
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Empty(gateway.DamagedFiles);
    }

    /// <summary>Waits until everything that was seen on site has arrived.</summary>
    private static async Task ArrivesAsync(MosquittoSubscriber witness, MosquittoSubscriber upstream, GatewayInstallation gateway)
    {
        await upstream.MoreAsync(1);
        var expected = Published.ReadingsFrom(witness).Select(reading => reading.Id).ToHashSet();
        await Eventually.TrueAsync(
            () => expected.IsSubsetOf(Arrived()), () => $"{expected.Except(Arrived()).Count()} of {expected.Count} are missing.\n{gateway.Log}");

        IEnumerable<(int, long)?> Arrived() => Published.ReadingsFrom(upstream).Select(reading => reading.Id);
    }
}
