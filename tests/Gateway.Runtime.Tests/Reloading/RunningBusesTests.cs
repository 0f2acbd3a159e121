using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Reloading;
using Gateway.Storage.Queue;
using Gateway.Storage.Timing;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Reloading;

public sealed class RunningBusesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-reload-").FullName;
    private readonly LastValues _values = new();
    private readonly RecordingGone _gone = new();
    private OfflineQueue _queue = null!;
    private MeasurementPipeline _pipeline = null!;
    private TimeProvider _time = TimeProvider.System;
    private RunningBuses? _buses;
    private ReloadableDriver _driver = new();

    public async Task InitializeAsync()
    {
        var options = new QueueOptions { Folder = _folder, Readers = [] };
        _queue = await OfflineQueue.OpenAsync(options, new NoObserver(), TimeProvider.System, NullLogger<OfflineQueue>.Instance);
        var clock = new AcquisitionClock(new BelievedClock(TimeProvider.System), NullLogger<AcquisitionClock>.Instance);
        _pipeline = new MeasurementPipeline(new MeasurementQueue(_queue), _values, new NoMemory(), clock, NullLogger.Instance);
    }

    public async Task DisposeAsync()
    {
        await (_buses?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _queue.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_edit_of_one_device_leaves_the_others_as_they_are()
    {
        await ApplyAsync(Bus(Slow("meter"), Slow("boiler")));
        await ReadAsync("meter", "boiler");
        var kept = _buses!.Find("meter", "flow")!.Value.Point;
        var since = _pipeline.StateOf("meter")!.Since;

        var changes = await ApplyAsync(Bus(Slow("meter"), Slow("boiler", unit: "°F")));
        await Eventually.TrueAsync(() => _driver.Count("read boiler") == 2 && _values.Find("boiler", "flow")?.Unit == "°F");

        Assert.Equal((0, 0, "boiler"), (changes.Started, changes.Stopped, Assert.Single(changes.Devices)));
        Assert.Same(kept, _buses.Find("meter", "flow")!.Value.Point);
        Assert.NotNull(_values.Find("meter", "flow"));
        Assert.Equal(since, _pipeline.StateOf("meter")!.Since);
        Assert.Equal(["opened fake bus", "reader meter", "read meter", "reader boiler", "read boiler", "reloaded fake bus", "reader boiler", "read boiler"], _driver.Calls);
    }

    [Fact]
    public async Task A_point_that_is_the_same_on_a_device_that_is_not_keeps_its_value_and_the_device_its_state()
    {
        await ApplyAsync(Bus(Points.Device("boiler", Points.Point("flow", every: 1000), Points.Point("back", every: 1000))));
        await ReadAsync("boiler");
        var (flow, back) = (_buses!.Find("boiler", "flow")!.Value.Point, _buses.Find("boiler", "back")!.Value.Point);
        var since = _pipeline.StateOf("boiler")!.Since;

        await ApplyAsync(Bus(Points.Device("boiler", Points.Point("flow", every: 1000), Points.Point("back", every: 1000, unit: "K"))));
        await Eventually.TrueAsync(() => _driver.Count("read boiler") == 2);

        Assert.Same(flow, _buses.Find("boiler", "flow")!.Value.Point);
        Assert.NotSame(back, _buses.Find("boiler", "back")!.Value.Point);
        Assert.Equal(since, _pipeline.StateOf("boiler")!.Since);
        Assert.Empty(_gone.Names);
    }

    [Fact]
    public async Task What_the_map_no_longer_has_is_gone_and_what_is_new_is_read_at_once()
    {
        await ApplyAsync(Bus(Slow("meter"), Slow("boiler")));
        await ReadAsync("meter", "boiler");

        var changes = await ApplyAsync(Bus(Slow("meter"), Slow("pump")));
        await ReadAsync("pump");

        Assert.Equal(["boiler", "pump"], changes.Devices);
        Assert.Equal(["boiler.flow", "boiler"], _gone.Names);
        Assert.Null(_buses!.Find("boiler", "flow"));
        Assert.Null(_values.Find("boiler", "flow"));
        Assert.Equal(1, _driver.Count("read meter"));
    }

    [Fact]
    public async Task Two_hundred_devices_are_polled_on_through_an_edit_of_one()
    {
        var devices = Enumerable.Range(0, 200).Select(i => Points.Device($"d{i}", Points.Point("flow", $"d{i}", 0.2))).ToArray();
        var time = new ManualTimeProvider();
        _time = time;
        await ApplyAsync(Bus(devices));
        await PolledAsync(1);
        await PolledAsync(2);
        var poller = Assert.Single(_buses!.Pollers);
        var edited = devices.Select((device, i) => i == 77 ? Points.Device("d77", Points.Point("flow", "d77", 0.2, unit: "K")) : device).ToArray();

        var changes = await ApplyAsync(Bus(edited));
        await Eventually.TrueAsync(() => _driver.Count("read d77") == 3); // at once
        await PolledAsync(3);
        await PolledAsync(4);

        Assert.Equal("d77", Assert.Single(changes.Devices));
        Assert.Same(poller, Assert.Single(_buses.Pollers));
        Assert.Equal(201, _driver.Calls.Count(call => call.StartsWith("reader", StringComparison.Ordinal)));
        Assert.Equal(0, poller.Statistics.Missed);

        // By a clock that stands still while they are read, each is read once in each of its intervals, neither more nor less.
        async Task PolledAsync(int round)
        {
            if (round > 1)
            {
                await Eventually.TrueAsync(() => time.ArmedTimers > 0); // it sleeps until the next
                time.Advance(TimeSpan.FromSeconds(0.2));
            }

            await Eventually.TrueAsync(() => devices.All(device => _driver.Count($"read {device.Name}") >= round));
            Assert.All(devices.Where(device => device.Name != "d77"), device => Assert.Equal(round, _driver.Count($"read {device.Name}")));
        }
    }

    [Fact]
    public async Task A_bus_whose_own_keys_differ_or_whose_driver_cannot_reload_is_opened_anew()
    {
        _driver = new ReloadableDriver { CanReload = false };
        await ApplyAsync(Bus(Slow("meter"), Slow("boiler")));
        await ReadAsync("meter", "boiler");
        var kept = _buses!.Find("meter", "flow")!.Value.Point;

        var changes = await ApplyAsync(Bus(Slow("meter"), Slow("boiler", unit: "°F")));
        await Eventually.TrueAsync(() => _driver.Count("read meter") == 2);

        Assert.Equal((1, 1, 0), (changes.Started, changes.Stopped, changes.Devices.Count));
        Assert.Same(kept, _buses.Find("meter", "flow")!.Value.Point);
        Assert.Equal((2, 1), (_driver.Count("opened fake bus"), _driver.Count("closed fake bus")));
    }

    [Fact]
    public async Task A_bus_that_throws_at_a_reload_is_opened_anew()
    {
        await ApplyAsync(Bus(Slow("meter")));
        _driver.ReloadFault = new InvalidOperationException("bug");

        var changes = await ApplyAsync(Bus(Slow("meter", unit: "K")));
        await Eventually.TrueAsync(() => _values.Find("meter", "flow")?.Unit == "K");

        Assert.Equal((1, 1), (changes.Started, changes.Stopped));
        Assert.True(Assert.Single(_buses!.Pollers).IsHealthy);
    }

    [Fact]
    public async Task A_driver_that_cannot_open_a_bus_costs_none_that_ran()
    {
        await ApplyAsync(Bus(Slow("meter")), Named("other", Slow("pump")));
        await ReadAsync("meter", "pump");
        _driver.OpenFault = new InvalidOperationException("bug");
        var wanted = new[] { Bus(Slow("meter")), Named("another", Slow("valve")) };
        await Assert.ThrowsAsync<InvalidOperationException>(() => ApplyAsync(wanted));
        Assert.Equal("fake bus", Assert.Single(_buses!.Pollers).Definition.Name); // 'other' was closed, and its driver opens nothing any more

        _driver.OpenFault = null;
        await ApplyAsync(Bus(Slow("meter")), Named("other", Slow("pump")));
        await Eventually.TrueAsync(() => _driver.Count("read pump") == 2);
        await ApplyAsync(wanted);
        await ReadAsync("valve");
        Assert.Equal(1, _driver.Count("read meter"));
    }

    [Fact]
    public async Task A_driver_that_does_not_come_back_from_opening_a_bus_is_told_as_one_that_hangs()
    {
        var time = new ManualTimeProvider();
        _time = time;
        await ApplyAsync(Bus(Slow("meter")));
        using var hold = _driver.OpenHold = new ManualResetEventSlim();
        using var isApplying = new ManualResetEventSlim();
        var applying = Task.Run(() =>
        {
            isApplying.Set();
            return ApplyAsync(Bus(Slow("meter")), Named("another", Slow("valve")));
        });
        isApplying.Wait();
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return _buses!.Stalled is ["another"];
        });

        hold.Set();
        await applying;
        Assert.Empty(_buses!.Stalled);
    }

    [Fact]
    public async Task A_write_that_was_scaled_by_the_map_of_before_is_refused()
    {
        await ApplyAsync(Bus(Slow("meter", writable: true)));
        var (bus, old) = _buses!.Find("meter", "flow")!.Value;
        await ApplyAsync(Bus(Slow("meter", unit: "K", writable: true)));

        var outcome = await bus.WriteAsync(old, PointValue.From(1), CancellationToken.None);

        Assert.Equal(new WriteOutcome("the map of meter.flow has changed; write it again") { Failure = WriteFailure.Busy }, outcome);
        var now = _buses.Find("meter", "flow")!.Value.Point;
        Assert.Equal(WriteOutcome.Done, await bus.WriteAsync(now, PointValue.From(1), CancellationToken.None));
    }

    private static DeviceDefinition Slow(string name, string unit = "°C", bool writable = false) => Points.Device(name, Points.Point("flow", name, 1000, unit, writable: writable));

    private static BusDefinition Bus(params DeviceDefinition[] devices) => Points.Bus(devices);

    private static BusDefinition Named(string name, params DeviceDefinition[] devices)
    {
        var bus = Points.Bus(devices);
        return new BusDefinition { DriverName = bus.DriverName, Name = name, Settings = bus.Settings, Devices = bus.Devices, Fingerprint = bus.Fingerprint };
    }

    private Task<AppliedChanges> ApplyAsync(params BusDefinition[] buses)
    {
        _buses ??= new RunningBuses(
            new Dictionary<string, IDriver> { ["fake"] = _driver }, _pipeline, new NoMemory(), () => TimeSpan.Zero, null, _time, NullLoggerFactory.Instance)
        { Gone = _gone };
        return _buses.ApplyAsync(buses);
    }

    private Task ReadAsync(params string[] devices) => Eventually.TrueAsync(() => devices.All(device => _driver.Count($"read {device}") > 0 && _pipeline.StateOf(device) is not null));

    private sealed class RecordingGone : IGoneObserver
    {
        public List<string> Names { get; } = [];

        public void PointGone(PointDefinition point) => Names.Add(point.ToString());

        public void DeviceGone(DeviceDefinition device) => Names.Add(device.Name);
    }

    private sealed class NoMemory : IPointMemory
    {
        public decimal? Load(PointDefinition point, string key) => null;

        public void Save(PointDefinition point, string key, decimal value, TimeSpan within)
        {
        }
    }

    private sealed class NoObserver : IQueueObserver
    {
        public void Accepted(QueueRecord record)
        {
        }
    }
}
