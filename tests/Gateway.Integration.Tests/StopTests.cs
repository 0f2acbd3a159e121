using System.Globalization;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>The service is stopped while its disk and its line are in trouble: systemd need not kill it, and what can be written is.</summary>
public sealed class StopTests
{
    private const string Map = """
        bus: { simulated: true }
        devices: [{ name: boiler, every: 50 ms, points: { flow: { simulate: "counter(0, 50)" } } }]
        """;

    // What systemd gives it.
    private static TimeSpan Patience => TimeSpan.FromSeconds(double.Parse(
        File.ReadLines(Path.Combine(Repository.Root, "deploy", "package", "gateway.service")).Single(line => line.StartsWith("TimeoutStopSec=", StringComparison.Ordinal)).Split('=')[1],
        CultureInfo.InvariantCulture));

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    [InlineData("", 0)]
    [InlineData("", 1)]
    [InlineData("bridge: { topics: [{ pattern: \"other/#\" }] }", 1)]
    public async Task With_a_line_that_hangs_the_last_values_are_there_afterwards(string bridge, double syncSeconds)
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var upstream = await mosquitto.SubscribeAsync("plant1/boiler/#", 1);
        await using var relay = TcpRelay.Start(mosquitto.Port);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{relay.Uri}\" }}\n{bridge}", Map);
        var disk = await gateway.PutDataOnAsync(seed: 1);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/boiler/flow", 1);
        await upstream.MoreAsync(20);
        relay.IsSilent = true;
        disk.SyncDelay = TimeSpan.FromSeconds(syncSeconds);
        await witness.MoreAsync(50);

        await StopInTimeAsync(gateway);
        var last = Published.Parse(witness.Messages[^1]);
        disk.SyncDelay = TimeSpan.Zero;
        using var mute = new MuteDevice();
        gateway.WriteMaps(mute.Map("boiler", "flow"));
        await gateway.StartAsync();
        await using var late = await gateway.SubscribeAsync("plant1/boiler/flow", 1);
        await late.WaitForAsync(1);
        var stale = Published.Parse(late.Messages[0]);
        Assert.Equal((last.Id!.Value.Boot, "stale"), (stale.Id!.Value.Boot, stale.Text("quality")));
        Assert.True(stale.Id.Value.Sequence >= last.Id.Value.Sequence, $"{last.Payload} was seen, {stale.Payload} is there.");
    }

    [PeerFact(Peer.MosquittoClients, Peer.Compiler)]
    public async Task A_disk_that_hangs_does_not_keep_it()
    {
        await using var gateway = new GatewayInstallation("", Map);
        var disk = await gateway.PutDataOnAsync(seed: 2);
        await gateway.StartAsync();
        await using var witness = await gateway.SubscribeAsync("plant1/boiler/flow", 1);
        await witness.MoreAsync(20);
        disk.SyncDelay = TimeSpan.FromMinutes(10);
        await witness.MoreAsync(50);
        await StopInTimeAsync(gateway);
        Assert.Contains("has not stopped within 25 s", gateway.Log, StringComparison.Ordinal);
    }

    private static async Task StopInTimeAsync(GatewayInstallation gateway)
    {
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await gateway.StopAsync());
        var took = TimeProvider.System.GetElapsedTime(began);
        Assert.True(took < Patience, $"It took {took}, and systemd gives it {Patience}.");
    }
}
