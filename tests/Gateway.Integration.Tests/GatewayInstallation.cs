using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// A gateway of site <c>plant1</c> with a folder of its own, run as systemd would run it. It may be killed and started again;
/// what it keeps on disk outlives that.
/// </summary>
internal sealed class GatewayInstallation : IAsyncDisposable
{
    private const string TcpListen = "0A";

    private readonly GatewayFolder _folder = new();
    private GatewayProcess? _process;
    private UnsyncedDisk? _disk;
    private SetClock? _clock;

    /// <param name="settings">More of gateway.yaml.</param>
    /// <param name="maps">The device maps, a document each.</param>
    public GatewayInstallation(string settings, params string[] maps)
    {
        _folder.Configure(settings);
        WriteMaps(maps);
    }

    /// <summary>Whether it may write only what is its own, though the tests run as root. Before a start.</summary>
    public bool ObeysPermissions { get; set; }

    /// <summary>What this run of it has logged.</summary>
    public string Log => _process?.Error ?? "";

    /// <summary>Writes another configuration over the one it has.</summary>
    public void Configure(string settings, string site = "plant1") => _folder.Configure(settings, site);

    /// <summary>Writes other device maps over those that it has, a document each; it reads them by itself.</summary>
    public void WriteMaps(params string[] maps) => _folder.WriteMap("plant.yaml", string.Join("\n---\n", maps));

    /// <summary>What it says of its bridge.</summary>
    public async Task<JsonElement> BridgeAsync() => (await StatusAsync()).GetProperty("bridge");

    /// <summary>What it says of itself.</summary>
    public async Task<JsonElement> StatusAsync()
    {
        await _process!.WaitForErrorAsync("The page is on ");
        using var http = new HttpClient();
        return await http.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{_folder.WebPort}/api/status");
    }

    /// <summary>What <c>gateway queue</c> says of it.</summary>
    public async Task<string> QueueAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await RunQueueAsync(arguments);
        Assert.True(exitCode == 0, error);
        return output;
    }

    /// <summary>Runs <c>gateway queue</c> on it.</summary>
    public Task<(int ExitCode, string Output, string Error)> RunQueueAsync(params string[] arguments) =>
        GatewayProcess.RunAsync(["queue", .. arguments, "--config", _folder.ConfigurationPath]);

    /// <summary>The files, pipes and sockets that it has open, without its program files; its threads; and the megabytes that it has of the machine's memory.</summary>
    public (int Files, int Threads, double Megabytes) Usage
    {
        get
        {
            var lines = File.ReadAllLines($"/proc/{_process!.Id}/status").Select(line => line.Split(':', 2)).ToDictionary(line => line[0], line => line[1].Trim());
            return (
                OpenFiles.Count(name => !name.EndsWith(".dll", StringComparison.Ordinal)),
                int.Parse(lines["Threads"], CultureInfo.InvariantCulture),
                double.Parse(lines["VmRSS"].Split(' ')[0], CultureInfo.InvariantCulture) / 1024);
        }
    }

    /// <summary>How many connections it has over TCP: those too that are dead, which no list of the kernel has any more, and which it has not closed.</summary>
    public int Connections
    {
        get
        {
            var sockets = OpenFiles.Where(name => name.StartsWith("socket:[", StringComparison.Ordinal)).Select(name => name[8..^1]).ToHashSet();
            foreach (var (table, inode) in new[] { ("unix", 6), ("netlink", 9), ("tcp", 9), ("tcp6", 9) })
            {
                var rows = File.ReadAllLines($"/proc/{_process!.Id}/net/{table}").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                sockets.ExceptWith(rows.Where(row => !table.StartsWith("tcp", StringComparison.Ordinal) || row[3] == TcpListen).Select(row => row[inode]));
            }

            return sockets.Count;
        }
    }

    /// <summary>The bytes of all files of its own.</summary>
    public long DataBytes => new DirectoryInfo(_folder.DataFolder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Starts it, again if need be, and waits until its broker listens.</summary>
    public async Task StartAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _process = _folder.Run(GetEnvironment(), ObeysPermissions);
        await _process.WaitForErrorAsync("MQTT listens on ");
    }

    /// <summary>Ends it at once, as a power cut would.</summary>
    public Task KillAsync() => _process!.KillAsync();

    /// <summary>Puts what it keeps on a disk whose power can be cut, and which goes with it. Before its first start.</summary>
    public async Task<UnsyncedDisk> PutDataOnAsync(int seed) => _disk = await UnsyncedDisk.CreateAsync(_folder.DataFolder, seed);

    /// <summary>Puts what it keeps on a file system of its own, for a test that is a <see cref="SmallDiskFactAttribute"/>. Before its first start; disposed before the installation.</summary>
    public SmallDisk MountData(int size) => SmallDisk.Mount(size, _folder.DataFolder);

    /// <summary>Gives all that it keeps to another user, for a test that is a <see cref="RootFactAttribute"/>.</summary>
    public async Task GiveDataToAsync(string user)
    {
        await using var chown = PeerProcess.Start("chown", ["-R", user, _folder.DataFolder]);
        Assert.Equal(0, await chown.WaitForExitAsync());
    }

    /// <summary>The queue's file.</summary>
    public string QueueFile => Path.Combine(_folder.DataFolder, "queue", "queue.db");

    /// <summary>The file of its broker.</summary>
    public string BrokerFile => Path.Combine(_folder.DataFolder, "broker.db");

    /// <summary>The file of what points keep.</summary>
    public string PointsFile => Path.Combine(_folder.DataFolder, "points.db");

    /// <summary>Gives it a clock that can be set, and which goes with it. Before its first start.</summary>
    public async Task<SetClock> SetClockAsync() => _clock = await SetClock.CreateAsync();

    /// <summary>The files that it found damaged and set aside.</summary>
    public IReadOnlyList<string> DamagedFiles => Directory.GetFiles(_folder.DataFolder, "*.corrupt.*", SearchOption.AllDirectories);

    /// <summary>Asks it to stop; returns the exit code.</summary>
    public Task<int> StopAsync() => _process!.StopAsync();

    /// <summary>A mosquitto_sub at its own broker.</summary>
    public Task<MosquittoSubscriber> SubscribeAsync(string topicFilter, int qos = 0, params string[] arguments) =>
        MosquittoSubscriber.StartAsync(Port, topicFilter, qos, arguments);

    /// <summary>The port of its own broker on 127.0.0.1.</summary>
    public int Port => _folder.BrokerPort;

    // Null: it was closed while they were looked at.
    private IEnumerable<string> OpenFiles => Directory.GetFiles($"/proc/{_process!.Id}/fd").Select(descriptor => new FileInfo(descriptor).LinkTarget).OfType<string>();

    private Dictionary<string, string> GetEnvironment()
    {
        Dictionary<string, string> all = [];
        foreach (var (name, value) in (_clock?.Environment ?? new Dictionary<string, string>()).Concat(_disk?.Environment ?? new Dictionary<string, string>()))
        {
            // LD_PRELOAD is of both: the last begins first, and the clock opens a file when it begins.
            all[name] = all.TryGetValue(name, out var other) ? $"{other}:{value}" : value;
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (_disk is not null)
        {
            await _disk.DisposeAsync();
        }

        if (_clock is not null)
        {
            await _clock.DisposeAsync();
        }

        _folder.Dispose();
    }
}
