using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>What a long run has: a gateway with a hundred points, on a disk and a machine with troubles of their own, and uplinks with theirs.</summary>
internal sealed class SoakPlant : IAsyncDisposable
{
    /// <summary>The value of points that do not tell the time.</summary>
    public const string Constant = "7";

    /// <summary>How many <see cref="TroubleAsync"/> knows, from 0 on.</summary>
    public const int Troubles = 12;

    private const int Devices = 10;
    private const int Points = 10;
    private const int Waiting = 2_000;
    private const int MaxBacklog = 20_000;

    // A third of what is acquired.
    private const int SlowBytesPerSecond = 100_000;

    // For each segment: about as much, too.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(15);

    private static readonly DiskFault[] Faults = [DiskFault.Failing, DiskFault.Full, DiskFault.ReadOnly];

    private readonly TimeSpan _toTheYear1970 = new DateTimeOffset(1970, 1, 1, 0, 0, 20, TimeSpan.Zero) - TimeProvider.System.GetUtcNow();
    private readonly List<SoakUplink> _uplinks = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _starts = [];
    private readonly Random _random;
    private readonly int _qos;
    private readonly bool _hasAlarms;
    private GatewayInstallation? _gateway;
    private UnsyncedDisk? _disk;
    private SetClock? _clock;
    private DateTimeOffset _unknownSince;
    private long _readingsBefore;
    private long _readingsNow;
    private int _version;
    private int _setAsideBefore;

    private SoakPlant(int qos, bool hasAlarms, int seed) => (_qos, _hasAlarms, _random) = (qos, hasAlarms, new Random(seed));

    public GatewayInstallation Gateway => _gateway!;

    public IReadOnlyList<SoakUplink> Uplinks => _uplinks;

    /// <summary>What the gateway's process took since it was started.</summary>
    public UsageRecord Usage { get; } = new();

    /// <summary>The megabytes of memory of each start.</summary>
    public List<double> MegabytesAtStart { get; } = [];

    /// <summary>Readings made.</summary>
    public long Readings => _readingsBefore + _readingsNow;

    /// <summary>Kills and power cuts.</summary>
    public int Ends { get; private set; }

    /// <summary>After how many the machine came up at 1970.</summary>
    public int PowerCuts { get; private set; }

    /// <summary>Pages of the gateway's files that were lost, those of the queue's file among them, and those of that with readings on them.</summary>
    public (int All, int OfQueue, int OfReadings) LostPages { get; private set; }

    /// <summary>Files that it found damaged and set aside.</summary>
    public int SetAside => _setAsideBefore + CountSetAside();

    public static async Task<SoakPlant> StartAsync(string drain, int qos, int uplinks, int seed)
    {
        var plant = new SoakPlant(qos, drain == "live-first", seed);
        for (var number = 0; number < uplinks; number++)
        {
            plant._uplinks.Add(await SoakUplink.StartAsync(plant._toTheYear1970));
        }

        var urls = plant._uplinks.Select((uplink, number) => $"{{ name: u{number}, url: \"{uplink.Network.Uri}\", qos: {qos} }}");
        plant._gateway = new GatewayInstallation($"uplink: [{string.Join(", ", urls)}]\nqueue: {{ max-loss: none, drain: {drain} }}", plant.Map());
        plant._disk = await plant._gateway.PutDataOnAsync(seed);
        plant._clock = await plant._gateway.SetClockAsync();
        plant._clock.Synchronise();
        await plant.StartGatewayAsync();
        return plant;
    }

    /// <summary>Makes a trouble.</summary>
    /// <param name="trouble">Which, from 0 on.</param>
    /// <returns>How many readings are to be made with it beyond the usual.</returns>
    public async Task<int> TroubleAsync(int trouble)
    {
        var uplink = _uplinks[_random.Next(_uplinks.Count)];
        switch (trouble)
        {
            case 0:
                uplink.Network.Reset();
                return 0;
            case 1:
                uplink.Network.IsSilent = true;
                return Waiting;
            case 2:
                _disk!.Fault = Faults[_random.Next(Faults.Length)];
                return 0;
            case 3:
                uplink.Network.CloseHalf();
                return 0;
            case 4:
                // At QoS 2 it would come back with a session of before, and has lost what it took since then (KillTests).
                if (_qos < 2)
                {
                    await uplink.HearAsync($"plant1/marks/{Readings}");
                    await uplink.Broker.KillAsync();
                }
                else
                {
                    await uplink.Broker.StopAsync();
                }

                return Waiting;
            case 5:
                StepClock();
                return 0;
            case 6:
                uplink.Network.Abandon();
                return 0;
            case 7:
                uplink.Network.BytesPerSecond = SlowBytesPerSecond;
                return Waiting;
            case 8:
                _version++;
                Gateway.WriteMaps(Map());
                return 0;
            case 9:
                _disk!.SyncDelay = TimeSpan.FromSeconds(1);
                return 0;
            case 10:
                await uplink.Broker.StopAsync();
                return Waiting;
            default:
                uplink.Network.Delay = Delay;
                return Waiting;
        }
    }

    /// <summary>
    /// The gateway is killed, or its machine loses its power and comes up at 1970, whereupon pages of its files are lost.
    /// </summary>
    /// <returns>How many readings were made for it.</returns>
    public async Task<int> EndAsync(bool isPowerCut)
    {
        var isQueues = Ends % 2 == 0;
        if (isQueues)
        {
            // For pages with readings that are nowhere else.
            _uplinks.ForEach(uplink => uplink.Network.IsSilent = true);
            await ReachAsync(Readings + Waiting);
        }

        // What is in memory alone since the disk's trouble may go with it.
        await Eventually.TrueAsync(async () => (await Gateway.StatusAsync()).GetProperty("queue").GetProperty("problem").GetString() is null, () => Gateway.Log);
        await Gateway.KillAsync();
        _setAsideBefore += CountSetAside();
        if (isPowerCut)
        {
            Synchronise();
            _disk!.Cut();
            _clock!.Restart(_toTheYear1970);
            _unknownSince = TimeProvider.System.GetUtcNow();
            PowerCuts++;
        }

        string[] files = isQueues ? [Gateway.QueueFile] : [Gateway.BrokerFile, Gateway.PointsFile];
        var page = isQueues ? await LostPage.TakeFromQueueAsync(Gateway.QueueFile, hasReadings: Ends % 4 == 0, _random) : null;
        foreach (var file in files)
        {
            if (!isQueues)
            {
                await LostPage.TakeFromAsync(file, _random);
            }

            _disk!.Keep(file);
        }

        Ends++;
        foreach (var uplink in _uplinks)
        {
            uplink.Take();
            page?.Judge(uplink.Readings);
        }

        var isOfReadings = page is { Keys.Count: > 0 };
        LostPages = (LostPages.All + files.Length, LostPages.OfQueue + (isQueues ? 1 : 0), LostPages.OfReadings + (isOfReadings ? 1 : 0));
        await StartGatewayAsync();
        if (isOfReadings)
        {
            // Until something is acknowledged nothing else goes from the file.
            await Eventually.TrueAsync(() => CountSalvaged() >= page!.Others, () => $"{CountSalvaged()} of {page!.Others} were salvaged.\n{Gateway.Log}");
        }

        return isQueues ? Waiting : 0;
    }

    /// <summary>The troubles are over, but that the clock of a machine that has come up at 1970 may be set later.</summary>
    public async Task CalmAsync(bool isClockSet)
    {
        if (isClockSet)
        {
            Synchronise();
        }

        _disk!.Fault = DiskFault.None;
        _disk.SyncDelay = TimeSpan.Zero;
        foreach (var uplink in _uplinks)
        {
            await uplink.CalmAsync();
            uplink.Take();
        }

        // Troubles that come faster than what waits can leave would only add to it; and what waits for the clock waits a minute.
        if (_clock!.IsSynchronised)
        {
            await Eventually.TrueAsync(async () => (await Gateway.StatusAsync()).GetProperty("queue").GetProperty("depth").GetInt64() < MaxBacklog, () => Gateway.Log);
        }
    }

    /// <summary>Waits until so many readings were made.</summary>
    public Task ReachAsync(long goal) => Eventually.TrueAsync(
        async () =>
        {
            await CountAsync();
            Usage.Add(Gateway.Usage);
            return Readings >= goal;
        },
        () => $"{Readings} of {goal} readings were made. The gateway said:\n{Gateway.Log}");

    /// <summary>Whether the gateway began to read at such a time.</summary>
    public bool HasStartedAt(DateTimeOffset time) => _starts.Any(start => time > start.From && time < start.To);

    /// <summary>On site the last values of the device whose points change their names are those of its points now, and no others.</summary>
    public async Task AssertRetainedAsync()
    {
        await using var subscriber = await Gateway.SubscribeAsync("plant1/d0/+");
        string[] expected = [.. Enumerable.Range(0, Points).Select(point => $"plant1/d0/{NameOf(0, point)}").Concat(["plant1/d0/$state", "plant1/d0/$status"]).Order(StringComparer.Ordinal)];
        IEnumerable<string> Retained() => Published.From(subscriber).Where(message => message.IsRetained).Select(message => message.Topic).Order(StringComparer.Ordinal);
        await Eventually.TrueAsync(() => Retained().Count() >= expected.Length, () => string.Join(' ', Retained()));
        Assert.Equal(expected, Retained());
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Readings} readings, {Ends} kills and power cuts, after {PowerCuts} of which it was 1970, {LostPages.All} pages of its files lost, {LostPages.OfReadings} of them with readings: {string.Join(" | ", _uplinks)}; {MegabytesAtStart[0]:F0} MB after its first start, {MegabytesAtStart[^1]:F0} MB after its last, in the quarters since then {Usage}; {Gateway.DataBytes / 1e6:F1} MB of files");

    public async ValueTask DisposeAsync()
    {
        await (_gateway?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var uplink in _uplinks)
        {
            await uplink.DisposeAsync();
        }
    }

    private async Task StartGatewayAsync()
    {
        var from = TimeProvider.System.GetUtcNow();
        await Gateway.StartAsync();
        await CountAsync();
        _starts.Add((from, TimeProvider.System.GetUtcNow()));
        MegabytesAtStart.Add(Gateway.Usage.Megabytes);
        Usage.Begin();
    }

    // By days while it is known, which what was read before it was known must not see.
    private void StepClock()
    {
        if (_clock!.IsSynchronised)
        {
            _clock.Offset = TimeSpan.FromDays(_random.Next(-1, 2));
        }
        else
        {
            Synchronise();
        }
    }

    private void Synchronise()
    {
        if (!_clock!.IsSynchronised)
        {
            _clock.Synchronise();
            _uplinks.ForEach(uplink => uplink.Times.SetUnknown(_unknownSince, TimeProvider.System.GetUtcNow()));
        }
    }

    // With an edit of the map the counts of a bus begin anew, and with a start.
    private async Task CountAsync()
    {
        var buses = (await Gateway.StatusAsync()).GetProperty("buses").EnumerateArray();
        var now = buses.Sum(bus => bus.GetProperty("polls").GetInt64()) * Points;
        _readingsBefore += now < _readingsNow ? _readingsNow : 0;
        _readingsNow = now;
    }

    private int CountSetAside() => Regex.Count(Gateway.Log, "it was set aside as ");

    // What it told of the queue's file in this run.
    private int CountSalvaged() =>
        Regex.Match(Gateway.Log, @"(\d+) records of \S+ could be read") is { Success: true } told ? int.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture) : -1;

    // Some of the points change their names, so that devices are stopped and started; the last of each other device keeps its largest value.
    private string Map() => string.Create(CultureInfo.InvariantCulture, $$"""
        bus: { simulated: true }
        devices:
        {{string.Join('\n', Enumerable.Range(0, Devices).Select(device => $"  - {{ name: d{device}, every: 50 ms, points: {{ {string.Join(", ", Enumerable.Range(0, Points).Select(point => Point(device, point)))} }} }}"))}}
        """);

    // A point that becomes an alarm overtakes what it told before: those with changing names are none.
    private string Point(int device, int point)
    {
        var waveform = device > 0 && point == Points - 1 ? $"constant({Constant}), monotonic: true" : "\"counter(0, 1000)\"";
        return $"{NameOf(device, point)}: {{ simulate: {waveform}{(_hasAlarms && device > 0 && point == 1 ? ", priority: high" : "")} }}";
    }

    private string NameOf(int device, int point) => $"p{(device == 0 ? point + (_version % 5) : point)}";
}
