using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// Traffic of hours in a short time, while the uplink's network fails and is slow, its broker goes, is killed and comes, the disk fails, is full, read-only and slow,
/// the clock is set, maps are edited, and in the first half the gateway is killed, its power cut, and pages of its files lost with that: nothing is lost but readings that were on such a page, and
/// what the gateway takes of memory, files and threads stays what it was. <c>GATEWAY_SOAK_READINGS</c> makes it longer: six hours of a hundred readings a second are 2,160,000.
/// </summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int Devices = 10;
    private const int Points = 10;

    // What garbage collection and code that is compiled anew put on and take off.
    private const double MaxMemoryGrowth = 20;
    private const int MaxMore = 10;

    private const int Waiting = 2_000;

    // A third of what is acquired.
    private const int SlowBytesPerSecond = 100_000;

    // For each segment: about as much, too.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(15);

    // Of the troubles from 0 on, by their number.
    private const int Kill = 12;
    private const int PowerCut = 13;

    private static readonly long Readings =
        long.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SOAK_READINGS"), CultureInfo.InvariantCulture, out var readings) ? readings : 40_000;

    [PeerFact(Peer.Mosquitto, Peer.MosquittoClients, Peer.Sqlite, Peer.Compiler)]
    public async Task Nothing_is_lost_and_memory_files_and_threads_are_flat_over_hours_of_traffic_and_trouble()
    {
        await using var upstream = await Upstream.StartAsync("plant1/+/+");
        var (mosquitto, judge) = upstream;
        await using var network = TcpRelay.Start(mosquitto.Port);
        await using var gateway = new GatewayInstallation($"uplink: {{ url: \"{network.Uri}\" }}\nqueue: {{ max-loss: none }}", Map(0));
        var disk = await gateway.PutDataOnAsync(seed: 8);
        var clock = await gateway.SetClockAsync();
        clock.Synchronise();
        await gateway.StartAsync();
        var random = new Random(8);
        List<(int Files, int Threads, double Megabytes)> samples = [];
        var counter = new ReadingCounter(gateway);
        var tally = new ReadingTally();
        var (rounds, ends, lostPages, pagesOfReadings, setAside) = (0, 0, 0, 0, 0);
        for (; counter.Readings < Readings; rounds++)
        {
            var goal = counter.Readings + 1_000;
            // Memory is that of one process: it lives through the second half.
            switch (counter.Readings < Readings / 2 && rounds % 3 == 1 ? random.Next(Kill, PowerCut + 1) : random.Next(Kill))
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
                    goal += Waiting;
                    break;
                case 4:
                    network.BytesPerSecond = SlowBytesPerSecond;
                    goal += Waiting;
                    break;
                case 5:
                    await mosquitto.StopAsync();
                    goal += Waiting;
                    break;
                case 6:
                    await HearAsync($"plant1/marks/{rounds}", upstream, tally, gateway);
                    await mosquitto.KillAsync();
                    goal += Waiting;
                    break;
                case 7:
                    gateway.WriteMaps(Map(rounds));
                    break;
                case 8:
                    disk.Fault = Faults[random.Next(Faults.Length)];
                    break;
                case 9:
                    disk.SyncDelay = TimeSpan.FromSeconds(1);
                    break;
                case 10:
                    clock.Offset = TimeSpan.FromDays(random.Next(-1, 2));
                    break;
                case 11:
                    network.Delay = Delay;
                    goal += Waiting;
                    break;
                case var end:
                    goal += await EndAsync(end == PowerCut);
                    break;
            }

            await ReachAsync(goal);
            network.IsSilent = false;
            network.BytesPerSecond = null;
            network.Delay = TimeSpan.Zero;
            disk.Fault = DiskFault.None;
            disk.SyncDelay = TimeSpan.Zero;
            if (!mosquitto.IsRunning)
            {
                await mosquitto.StartAgainAsync();
            }

            samples.Add(gateway.Usage);
            Take(judge, tally);
        }

        // The first half is for the run time to settle.
        var settled = samples[(samples.Count / 2)..(samples.Count * 3 / 4)];
        var last = samples[(samples.Count * 3 / 4)..];
        var growth = Median(last.Select(sample => sample.Megabytes)) - Median(settled.Select(sample => sample.Megabytes));

        var dropped = (await gateway.StatusAsync()).GetProperty("queue").GetProperty("dropped").GetInt64();
        await Eventually.TrueAsync(() => Take(judge, tally) is { Lost: 0 } && tally.Arrived + tally.Excused >= counter.Readings, () => $"{tally}\n{string.Join('\n', mosquitto.Log.Where(line => line.Contains("drop", StringComparison.Ordinal)))}\n{gateway.Log}");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{counter.Readings} readings, {rounds} rounds of trouble, {ends} kills and power cuts among them, {lostPages} pages of its files lost, {pagesOfReadings} of them with readings: {tally}; {last[^1].Megabytes:F0} MB, {growth:+0.0;-0.0} MB since three quarters of the time; {last[^1].Files} files, {last[^1].Threads} threads"));
        Assert.True(dropped == 0 && tally.OutOfOrder == 0, $"{dropped} dropped; {tally}");
        Assert.True(growth < MaxMemoryGrowth, string.Join("; ", samples));
        Assert.True(last.Min(sample => sample.Files) <= settled.Max(sample => sample.Files) + MaxMore, string.Join("; ", samples));
        Assert.True(last.Min(sample => sample.Threads) <= settled.Max(sample => sample.Threads) + MaxMore, string.Join("; ", samples));
        Assert.Equal(0, await gateway.StopAsync());

        // No file for nothing; and a page that nobody asked for in the meantime costs nobody anything.
        Assert.InRange(setAside + CountSetAside(gateway), pagesOfReadings, lostPages);

        // A kill, or a power cut, whereupon pages are lost. Answers how many readings were made for it.
        async Task<long> EndAsync(bool isPowerCut)
        {
            var isQueues = ends % 2 == 0;
            if (isQueues)
            {
                // For pages with readings that are nowhere else.
                network.IsSilent = true;
                await ReachAsync(counter.Readings + Waiting);
            }

            // What is in memory alone since the disk's trouble may go with it.
            await Eventually.TrueAsync(async () => await ProblemAsync(gateway) is null, () => gateway.Log);
            await gateway.KillAsync();
            setAside += CountSetAside(gateway);
            if (isPowerCut)
            {
                disk.Cut();
            }

            string[] files = isQueues ? [gateway.QueueFile] : [gateway.BrokerFile, gateway.PointsFile];
            var page = isQueues ? await LostPage.TakeFromQueueAsync(gateway.QueueFile, hasReadings: ends % 4 == 0, random) : null;
            foreach (var file in files)
            {
                if (!isQueues)
                {
                    await LostPage.TakeFromAsync(file, random);
                }

                disk.Keep(file);
            }

            (ends, lostPages) = (ends + 1, lostPages + files.Length);
            Take(judge, tally);
            page?.Judge(tally);
            await gateway.StartAsync();
            if (page is { Keys.Count: > 0 })
            {
                // Until something is acknowledged nothing else goes from the file.
                pagesOfReadings++;
                await Eventually.TrueAsync(() => CountSalvaged(gateway) >= page.Others, () => $"{CountSalvaged(gateway)} of {page.Others} were salvaged.\n{gateway.Log}");
            }

            return isQueues ? Waiting : 0;
        }

        Task ReachAsync(long goal) => Eventually.TrueAsync(
            async () => await counter.CountAsync() >= goal, () => $"{counter.Readings} of {goal} readings were made. The gateway said:\n{gateway.Log}");
    }

    private static readonly DiskFault[] Faults = [DiskFault.Failing, DiskFault.Full, DiskFault.ReadOnly];

    // What the judge hears of a message, it has heard of all before it; and is connected, so that it hears all that is acknowledged after it.
    private static async Task HearAsync(string topic, Upstream upstream, ReadingTally tally, GatewayInstallation gateway)
    {
        await upstream.Broker.PublishAsync(topic, "");
        await Eventually.TrueAsync(
            () =>
            {
                var messages = upstream.Judge.Take();
                Add(messages, tally);
                return messages.Any(message => message.StartsWith(topic, StringComparison.Ordinal));
            },
            () => gateway.Log);
    }

    private static ReadingTally Take(MosquittoSubscriber judge, ReadingTally tally)
    {
        Add(judge.Take(), tally);
        return tally;
    }

    private static void Add(IEnumerable<string> messages, ReadingTally tally)
    {
        foreach (var message in messages)
        {
            tally.Add(Published.Parse(message));
        }
    }

    private static int CountSetAside(GatewayInstallation gateway) => Regex.Count(gateway.Log, "it was set aside as ");

    // What it told of the queue's file in this run.
    private static int CountSalvaged(GatewayInstallation gateway) =>
        Regex.Match(gateway.Log, @"(\d+) records of \S+ could be read") is { Success: true } told ? int.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture) : -1;

    private static async Task<string?> ProblemAsync(GatewayInstallation gateway) => (await gateway.StatusAsync()).GetProperty("queue").GetProperty("problem").GetString();

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    // Some of the points change their names, so that devices are stopped and started; the last of each other device keeps its largest value.
    private static string Map(int version) => string.Create(CultureInfo.InvariantCulture, $$"""
        bus: { simulated: true }
        devices:
        {{string.Join('\n', Enumerable.Range(0, Devices).Select(device =>
            $"  - {{ name: d{device}, every: 50 ms, points: {{ {string.Join(", ", Enumerable.Range(0, Points).Select(point => $"p{(device == 0 ? point + (version % 5) : point)}: {{ simulate: {(device > 0 && point == Points - 1 ? "constant(7), monotonic: true" : "\"counter(0, 20)\"")} }}"))} }} }}"))}}
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
