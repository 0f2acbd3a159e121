using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>A map on a simulated bus, with the library that ships.</summary>
internal sealed class I2cMap : IAsyncDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly IReadOnlyList<IDriver> _drivers;
    private readonly IBus _bus;
    private readonly CancellationTokenSource _stopping = new();
    private Task _listening = Task.CompletedTask;

    public I2cMap(string map, TimeProvider? timeProvider = null, IPointMemory? memory = null, Func<TimeSpan>? uplinkAbsence = null)
    {
        _timeProvider = timeProvider ?? TimeProvider.System;
        _drivers = DriverCatalog.Create(openI2cBus: (_, _) => Hardware.Open());
        Definition = Load(map, _drivers);
        Context = new DriverContext(_timeProvider, NullLogger.Instance) { Memory = memory, UplinkAbsence = uplinkAbsence ?? (() => TimeSpan.Zero) };
        _bus = _drivers.First(driver => driver.Schema.Name == "i2c").Open(Definition, Context);
    }

    public SimulatedI2cBus Hardware { get; } = new();

    public BusDefinition Definition { get; private set; }

    public DriverContext Context { get; }

    public RecordingSink Sink { get; } = new();

    public static BusDefinition Load(string map, IReadOnlyList<IDriver> drivers)
    {
        var files = new Overlay(map);
        var result = new MapLoader(drivers, files).Load(["map.yaml"], new ProfileLibrary(files, ["library"]));
        return result.HasErrors ? throw new InvalidOperationException(string.Join('\n', result.Diagnostics)) : result.Buses[0];
    }

    /// <summary>From now on what chips tell by themselves is in <see cref="Sink"/> too.</summary>
    public void Listen() => _listening = ((IListeningBus)_bus).ListenAsync(Sink, _stopping.Token);

    /// <summary>A reader of all points of a device.</summary>
    public IPointReader Reader(string device)
    {
        var definition = Definition.Devices.First(each => each.Name == device);
        return _bus.CreateReader(definition, definition.Points);
    }

    /// <summary>Reads all points of a device.</summary>
    public async Task<ReadOutcome> ReadAsync(string device)
    {
        Sink.Clear();
        return await Reader(device).ReadAsync(Sink, CancellationToken.None);
    }

    /// <summary>What a point of the last read was, or why it was not.</summary>
    public string this[string point] => Sink[point] is { Quality: Quality.Good } reading ? reading.Value.ToString() : Sink[point].Reason!;

    public ValueTask<WriteOutcome> WriteAsync(string point, PointValue value) => _bus.WriteAsync(
        Definition.Devices.SelectMany(device => device.Points).First(each => each.ToString() == point), value, CancellationToken.None);

    /// <summary>Takes up another map of the same devices, in which all points are the same but for those that are named.</summary>
    public async Task ReloadAsync(string map, params string[] changed)
    {
        Definition = Definitions.Merge(Definition, Load(map, _drivers), changed);
        await ((IReloadableBus)_bus).ReloadAsync(Definition, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _bus.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>The map beside the library that ships.</summary>
    internal sealed class Overlay(string map) : ISourceFiles
    {
        private readonly DiskFiles _shipped = new(Path.Combine(Repository.Root, "devicemaps"));

        public bool IsFile(string path) => path == "map.yaml" || _shipped.IsFile(path);

        public bool IsFolder(string path) => _shipped.IsFolder(path);

        public IReadOnlyList<string> ListFiles(string folder) => _shipped.ListFiles(folder);

        public IReadOnlyList<string> ListFolders(string folder) => _shipped.ListFolders(folder);

        public Stream OpenRead(string path) => path == "map.yaml" ? new MemoryStream(System.Text.Encoding.UTF8.GetBytes(map)) : _shipped.OpenRead(path);
    }
}
