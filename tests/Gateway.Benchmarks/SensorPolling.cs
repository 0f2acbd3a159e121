using System.Globalization;
using System.Text;
using Gateway.Abstractions.Buses;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.Mqtt.Broker;
using Gateway.Runtime;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>
/// <c>sensors COUNT SECONDS</c>: polls so many SHT4x behind multiplexers on one I2C bus once a second each, maps both values and gives
/// them to the local broker. The adapter answers at once; all else is what the service does. Prints the share of a core that it costs,
/// CPU time per read in microseconds, reads per second, transfers per read, and how late reads began: median and longest, milliseconds.
/// </summary>
internal static class SensorPolling
{
    private const int Muxes = 8;
    private const int Channels = 8;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(string[] arguments)
    {
        var (count, seconds) = (int.Parse(arguments[0], CultureInfo.InvariantCulture), int.Parse(arguments[1], CultureInfo.InvariantCulture));
        var folder = Directory.CreateTempSubdirectory("gateway-sensors-").FullName;
        try
        {
            var adapter = new Adapter();
            var drivers = DriverCatalog.Create(openI2cBus: (_, _) => adapter);
            var map = Path.Combine(folder, "map.yaml");
            await File.WriteAllTextAsync(map, MapOf(count));
            var files = new DiskFiles();
            var loaded = new MapLoader(drivers, files).Load([map], new ProfileLibrary(files, [LibraryFolder()]));
            if (loaded.Diagnostics.Count > 0)
            {
                throw new InvalidOperationException($"The map is not valid: {loaded.Diagnostics[0]}");
            }

            await using var broker = new MqttBroker(new MqttBrokerOptions { Listen = [] });
            await broker.StartAsync(CancellationToken.None);
            await using var gateway = new GatewayRuntime(OptionsIn(folder), drivers, broker, TimeProvider.System, NullLoggerFactory.Instance);
            await gateway.StartAsync(loaded.Buses, CancellationToken.None);
            await Task.Delay(WarmUp, TimeProvider.System);
            await MeasureAsync(gateway, adapter, TimeSpan.FromSeconds(seconds));
            await gateway.StopAsync(CancellationToken.None);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(GatewayRuntime gateway, Adapter adapter, TimeSpan time)
    {
        var (cpu, polls, transfers) = (Environment.CpuUsage.TotalTime, gateway.GetStatus().Buses[0].Polls, adapter.Transfers);
        var start = TimeProvider.System.GetTimestamp();
        await Task.Delay(time, TimeProvider.System);
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        var bus = gateway.GetStatus().Buses[0];
        polls = bus.Polls - polls;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cpu / elapsed:P1} {cpu.TotalMicroseconds / polls:0} {polls / elapsed.TotalSeconds:0.0} {(double)(adapter.Transfers - transfers) / polls:0.0} {bus.Lateness.MedianMilliseconds:0.0} {bus.Lateness.MaximumMilliseconds:0.0} failed {bus.Failures} missed {bus.Missed}"));
    }

    // Two addresses, behind as many channels as that takes.
    private static string MapOf(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 2 * Muxes * Channels);
        var map = new StringBuilder("bus: { i2c: 1 }\ndevices:\n");
        for (var i = 0; i < count; i++)
        {
            var channel = i / 2;
            map.Append(
                CultureInfo.InvariantCulture,
                $"  - {{ name: s{i}, sensor: sht4x, address: {0x44 + (i % 2)}, every: 1 s, mux: {{ address: {0x70 + (channel / Channels)}, channel: {channel % Channels} }} }}\n");
        }

        return map.ToString();
    }

    private static string LibraryFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Gateway.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("This is not run from its repository.");
        }

        return Path.Combine(folder, "devicemaps", "library");
    }

    private static GatewayOptions OptionsIn(string folder) => new()
    {
        Site = "bench",
        DeviceMaps = [],
        Data = folder,
        Publish = new PublishOptions { Topic = "{site}/{device}/{point}" },
        Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
        Broker = new BrokerOptions { Listen = [] },
        Web = new WebOptions { Listen = [] },
    };

    /// <summary>SHT4x on every channel; values that change, as noise makes them.</summary>
    private sealed class Adapter : II2cBus
    {
        // Both words with their check sums: data sheet of the SHT4x, 4.4.
        private static readonly byte[][] Answers = [Convert.FromHexString("BEEF92BEEF92"), Convert.FromHexString("666693666693")];

        public long Transfers { get; private set; }

        public void Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec = false)
        {
            Transfers++;
            if (!read.IsEmpty)
            {
                Answers[Transfers / 1000 % 2].CopyTo(read);
            }
        }

        public void Dispose()
        {
        }
    }
}
