using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// Traffic of hours in a short time, while the uplink's network fails, its broker goes and comes, the disk fails and is slow, the clock is set,
/// and maps are edited: what the gateway takes of memory, files and threads stays what it was. <c>GATEWAY_SOAK_READINGS</c> makes it longer: six hours of a hundred
/// readings a second are 2,160,000.
/// </summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int Devices = 10;
    private const int Points = 10;

    // What garbage collection and code that is compiled anew put on and take off.
    private const double MaxMemoryGrowth = 20;
    private const int MaxMore = 10;

    private static readonly long Readings =
        long.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SOAK_READINGS"), CultureInfo.InvariantCulture, out var readings) ? readings : 40_000;

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Compiler)]
    public async Task Memory_files_and_threads_are_flat_over_hours_of_traffic_and_trouble()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var network = TcpRelay.Start(mosquitto.Port);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{network.Uri}\" }}\nqueue: {{ max-loss: 1 s, max-size: 1 MB }}", Map(0));
        await using var disk = await gateway.PutDataOnAsync(seed: 8);
        await using var clock = await gateway.SetClockAsync();
        clock.Synchronise();
        await gateway.StartAsync();
        var random = new Random(8);
        List<(int Files, int Threads, double Megabytes)> samples = [];
        var counter = new ReadingCounter(gateway);
        for (var round = 0; counter.Readings < Readings; round++)
        {
            var goal = counter.Readings + 1_000;
            switch (random.Next(9))
            {
                case 0:
                    network.Reset();
                    break;
                case 1:
                    network.Abandon();
                    break;
                case 2:
                    network.CloseHalf();
                    break;
                case 3:
                    network.IsSilent = true;
                    goal += 2_000;
                    break;
                case 4:
                    await mosquitto.StopAsync();
                    goal += 2_000;
                    break;
                case 5:
                    gateway.WriteMaps(Map(round));
                    break;
                case 6:
                    disk.IsFailing = true;
                    break;
                case 7:
                    disk.SyncDelay = TimeSpan.FromSeconds(1);
                    break;
                case 8:
                    clock.Offset = TimeSpan.FromDays(random.Next(-1, 2));
                    break;
            }

            await Eventually.TrueAsync(
                async () => await counter.CountAsync() >= goal, () => $"{counter.Readings} of {goal} readings were made. The gateway said:\n{gateway.Log}");
            network.IsSilent = false;
            disk.IsFailing = false;
            disk.SyncDelay = TimeSpan.Zero;
            if (!mosquitto.IsRunning)
            {
                await mosquitto.StartAgainAsync();
            }

            samples.Add(gateway.Usage);
        }

        // The first half is for the run time to settle.
        var settled = samples[(samples.Count / 2)..(samples.Count * 3 / 4)];
        var last = samples[(samples.Count * 3 / 4)..];
        var growth = Median(last.Select(sample => sample.Megabytes)) - Median(settled.Select(sample => sample.Megabytes));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{counter.Readings} readings, {samples.Count} rounds of trouble: {last[^1].Megabytes:F0} MB, {growth:+0.0;-0.0} MB since three quarters of the time; {last[^1].Files} files, {last[^1].Threads} threads"));
        Assert.True(growth < MaxMemoryGrowth, string.Join("; ", samples));
        Assert.True(last.Min(sample => sample.Files) <= settled.Max(sample => sample.Files) + MaxMore, string.Join("; ", samples));
        Assert.True(last.Min(sample => sample.Threads) <= settled.Max(sample => sample.Threads) + MaxMore, string.Join("; ", samples));
        Assert.Equal(0, await gateway.StopAsync());
        Assert.Empty(gateway.DamagedFiles);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    // Some of the points change their names, so that devices are stopped and started.
    private static string Map(int version) => string.Create(CultureInfo.InvariantCulture, $$"""
        bus: { simulated: true }
        devices:
        {{string.Join('\n', Enumerable.Range(0, Devices).Select(device =>
            $"  - {{ name: d{device}, every: 50 ms, points: {{ {string.Join(", ", Enumerable.Range(0, Points).Select(point => $"p{(device == 0 ? point + (version % 5) : point)}: {{ simulate: \"counter(0, 20)\" }}"))} }} }}"))}}
        """);

    /// <summary>Counts readings over edits of the map, with which the counts of a bus begin anew.</summary>
    private sealed class ReadingCounter(GatewayInstallation gateway)
    {
        private long _before;
        private long _now;

        public long Readings => _before + _now;

        public async Task<long> CountAsync()
        {
            var buses = (await gateway.StatusAsync()).GetProperty("buses").EnumerateArray();
            var now = buses.Sum(bus => bus.GetProperty("polls").GetInt64()) * Points;
            _before += now < _now ? _now : 0;
            _now = now;
            return Readings;
        }
    }
}
