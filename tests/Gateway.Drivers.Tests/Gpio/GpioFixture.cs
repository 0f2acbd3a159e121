using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.Drivers.Gpio;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Gpio;

/// <summary>A GPIO bus on a chip in software, which may be closed and opened again, with what its points keep meanwhile.</summary>
internal sealed class GpioFixture : IAsyncDisposable
{
    private static readonly DriverSchema Schema = GpioSchema.Schema;

    private PointDefinition[] _points;
    private DeviceDefinition _device;
    private CancellationTokenSource _stopping = new();
    private Task _listening = Task.CompletedTask;
    private IListeningBus? _bus;
    private IPointReader? _reader;
    private int _uplinkAsked;

    public GpioFixture(params PointDefinition[] points)
    {
        _points = points;
        _device = Device(Schema, [], points);
        Chip = new SimulatedGpioChip(Clock);
    }

    public ManualTimeProvider Clock { get; } = new();

    public SimulatedGpioChip Chip { get; private set; }

    public FakeMemory Memory { get; } = new();

    public RecordingSink Sink { get; } = new();

    public ErrorCounts Errors { get; } = new();

    public TimeSpan UplinkAbsence { get; set; }

    /// <summary>How often the absence was asked for.</summary>
    public int UplinkAsked => Volatile.Read(ref _uplinkAsked);

    /// <summary>Whether the chip cannot be opened.</summary>
    public bool IsChipMissing { get; set; }

    /// <summary>Whether the bus is opened by the service rather than for one command.</summary>
    public bool IsService { get; init; } = true;

    /// <summary>What stands between the bus and the chip, each time that it is opened. Default nothing.</summary>
    public Func<SimulatedGpioChip, IGpioChip> Wrap { get; init; } = static chip => chip;

    /// <summary>Whether the bus listens once it is open; else from <see cref="Listen"/> on.</summary>
    public bool ListensAtOnce { get; init; } = true;

    public Task Listening => _listening;

    public static PointDefinition Input(string name, params (string Key, object Value)[] keys) => Point(Schema, name, keys);

    public static PointDefinition Output(string name, params (string Key, object Value)[] keys) =>
        Point(Schema, name, [.. keys, ("direction", "output"), ("write", true)]);

    public static Settings Pwm(TimeSpan period) => Section(Schema.Point.Keys.Single(key => key.Name == "pwm").Section!, ("period", period));

    /// <summary>Opens the bus, reads all points once, and listens.</summary>
    public async Task OpenAsync()
    {
        var driver = new GpioDriver((_, _) => IsChipMissing ? throw new IOException("There is no chip.") : Wrap(Chip));
        var context = new DriverContext(Clock, NullLogger.Instance) { Memory = IsService ? Memory : null, Errors = Errors, UplinkAbsence = AskUplink };
        _bus = (IListeningBus)driver.Open(Bus(Schema, [("gpio", new List<string> { "gpiochip0" })], _device), context);
        _reader = _bus.CreateReader(_device, _points);
        _stopping = new();
        await ReadAsync();
        if (ListensAtOnce)
        {
            Listen();
        }
    }

    public void Listen() => _listening = _bus!.ListenAsync(Sink, _stopping.Token);

    /// <summary>Takes up other points; one that is the same object goes on.</summary>
    public async Task ReloadAsync(params PointDefinition[] points)
    {
        _points = points;
        _device = new DeviceDefinition { Name = _device.Name, Settings = _device.Settings, Points = points };
        await ((IReloadableBus)_bus!).ReloadAsync(Bus(Schema, [("gpio", new List<string> { "gpiochip0" })], _device), CancellationToken.None);
        _reader = _bus.CreateReader(_device, _points);
    }

    public async Task<ReadOutcome> ReadAsync() => await _reader!.ReadAsync(Sink, CancellationToken.None);

    /// <summary>What a point is now.</summary>
    public async Task<string> ValueAsync(string point)
    {
        await ReadAsync();
        return Sink[point].Value.ToString();
    }

    public async Task<string?> WriteAsync(string point, PointValue value) =>
        (await _bus!.WriteAsync(_points.Single(each => each.Name == point), value, CancellationToken.None)).Error;

    public void Pulse(int line, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Chip.Drive(line, true);
            Chip.Drive(line, false);
        }
    }

    /// <summary>Waits until a point, read again and again, is that.</summary>
    public Task IsAsync(string point, string expected) => Eventually.TrueAsync(
        () => ReadAsync().IsCompletedSuccessfully && Sink[point].Value.ToString() == expected, () => $"{point} is {Sink[point].Value}, not {expected}");

    public async Task CloseAsync()
    {
        await _stopping.CancelAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (_bus?.DisposeAsync() ?? ValueTask.CompletedTask);
        _bus = null;
        _stopping.Dispose();
    }

    /// <summary>The chip is pulled; the bus knows when it is over.</summary>
    public async Task PullAsync()
    {
        IsChipMissing = true;
        await Chip.DisposeAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await ReadAsync()).Reason != "gpio-failed")
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>A chip is there again, in its state after power on.</summary>
    public void PlugIn()
    {
        Chip = new SimulatedGpioChip(Clock);
        IsChipMissing = false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_bus is not null)
        {
            await CloseAsync();
        }
    }

    private TimeSpan AskUplink()
    {
        var absence = UplinkAbsence;
        Interlocked.Increment(ref _uplinkAsked);
        return absence;
    }
}
