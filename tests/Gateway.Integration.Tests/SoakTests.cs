using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// Traffic of hours in a short time, while the uplinks' networks fail and are slow, their brokers go, are killed and come, the disk fails, is full, read-only and slow,
/// the clock is set, maps are edited, and in the first half the gateway is killed, or its machine loses its power and comes up at 1970 and is told the time some rounds later, and
/// pages of its files are lost with that: nothing is lost but readings that were on such a page, each has its right time or a mark, and
/// what the gateway takes of memory, files and threads stays what it was. <c>GATEWAY_SOAK_READINGS</c> makes it longer: six hours of a hundred readings a second are 2,160,000.
/// </summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private static readonly long Readings =
        long.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SOAK_READINGS"), CultureInfo.InvariantCulture, out var readings) ? readings : 10_000;

    // From the second quarter of the last process's life to its fourth: of a megabyte for each thousand readings in the first minutes, in which code is compiled, little is left after them.
    private const double MaxMoreMegabytes = 15;

    // A file that is being changed, and a connection that is being made. Threads are those of a pool, which has more of them on a machine with other things to do.
    private const int MaxMoreFiles = 2;
    private const int MaxMoreThreads = 8;

    // A thread may be stopped between its looks at two clocks.
    private static readonly TimeSpan MaxSpread = TimeSpan.FromMilliseconds(100);

    // What mosquitto takes at once.
    private const int ReceiveMaximum = 20;

    [PeerTheory(Peer.Mosquitto, Peer.MosquittoClients, Peer.Sqlite, Peer.Compiler)]
    [InlineData("strict", 1, 1, 0)]
    [InlineData("live-first", 1, 2, 4)]
    [InlineData("strict", 2, 1, 8)]
    public async Task Nothing_is_lost_times_are_right_and_memory_files_and_threads_are_flat_over_hours_of_traffic_and_trouble(string drain, int qos, int uplinks, int firstTrouble)
    {
        await using var plant = await SoakPlant.StartAsync(drain, qos, uplinks, seed: 8 + firstTrouble);
        var random = new Random(8 + firstTrouble);
        var (rounds, troubles) = (0, 0);
        for (; plant.Readings < Readings; rounds++)
        {
            var goal = plant.Readings + 1_000;

            // Memory is that of one process: it lives through the second half.
            if (plant.Readings < Readings / 2 && rounds % 3 == 1)
            {
                goal += await plant.EndAsync(isPowerCut: plant.Ends == 0 || random.Next(2) == 0);
            }
            else
            {
                // Each once in the short runs of all cases together.
                goal += await plant.TroubleAsync(troubles < SoakPlant.Troubles ? (firstTrouble + troubles) % SoakPlant.Troubles : random.Next(SoakPlant.Troubles));
                troubles++;
            }

            await plant.ReachAsync(goal);
            await plant.CalmAsync(isClockSet: random.Next(2) == 0);
        }

        await plant.CalmAsync(isClockSet: true);
        var dropped = (await plant.Gateway.StatusAsync()).GetProperty("queue").GetProperty("dropped").GetInt64();
        await Eventually.TrueAsync(() => plant.Uplinks.All(HasAll), () => $"{string.Join('\n', plant.Uplinks)}\n{plant.Gateway.Log}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{drain}, QoS {qos}, uplinks: {uplinks}; {rounds} rounds of trouble; {plant}"));
        Assert.Equal(0, dropped);
        foreach (var uplink in plant.Uplinks)
        {
            Assert.True(uplink.Readings.OutOfOrder == 0 && uplink.Times.Wrong == 0, $"{uplink}");
            Assert.All(uplink.Times.Origins, origin => Assert.True(plant.HasStartedAt(origin), $"{origin:O}"));
            Assert.InRange(uplink.Times.Spread, TimeSpan.Zero, MaxSpread);

            // Exactly once, but for what was under way by a page that was lost.
            Assert.True(qos < 2 || uplink.Readings.Duplicates <= ReceiveMaximum * plant.LostPages.OfQueue, $"{uplink}");
        }

        AssertFlat(plant.Usage.Megabytes, MaxMoreMegabytes, plant);
        AssertFlat(plant.Usage.Files, MaxMoreFiles, plant);
        AssertFlat(plant.Usage.Threads, MaxMoreThreads, plant);

        // Not one of those that troubles have left behind.
        await Eventually.TrueAsync(() => plant.Gateway.Connections == uplinks, () => $"{plant.Gateway.Connections} connections");
        await plant.AssertRetainedAsync();
        Assert.Equal(0, await plant.Gateway.StopAsync());

        // No file for nothing; and a page that nobody asked for in the meantime costs nobody anything.
        Assert.InRange(plant.SetAside, plant.LostPages.OfReadings, plant.LostPages.All);

        bool HasAll(SoakUplink uplink)
        {
            uplink.Take();
            return uplink.Readings is { Lost: 0 } tally && tally.Arrived + tally.Excused >= plant.Readings;
        }
    }

    private static void AssertFlat(IReadOnlyList<double> quarters, double most, SoakPlant plant) => Assert.True(quarters[3] <= quarters[1] + most, $"{plant}");
}
