using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Devices come, change and go on a bus that stays open.</summary>
public sealed class ReloadTests : IAsyncDisposable
{
    private readonly ModbusDriver _driver = new();
    private readonly ScriptedUnit _unit = new();
    private readonly RecordingSink _sink = new();
    private IBus? _bus;

    public async ValueTask DisposeAsync()
    {
        await (_bus?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _unit.DisposeAsync();
    }

    [Fact]
    public async Task Devices_are_exchanged_without_a_new_connection()
    {
        var (kept, changed, added) = (Device("kept", 1, 10), Device("changed", 2, 20), Device("added", 3, 30));
        Open(kept, changed, Device("gone", 4, 40));
        var reader = await ReadAsync(kept);
        await ReadAsync(changed);

        var other = Device("changed", 5, 25);
        await ReloadAsync(kept, other, added);
        await reader.ReadAsync(_sink, CancellationToken.None);
        await ReadAsync(other);
        await ReadAsync(added);

        Assert.Equal([10L, 20, 10, 25, 30], _sink.All.Select(reading => reading.Value.AsInteger));
        Assert.Equal(1, _unit.Connections);
        Assert.Equal("changed (unit 5)", _bus!.Describe(other));
        Assert.Throws<KeyNotFoundException>(() => _bus.Describe(Device("gone", 4, 40)));
    }

    [Fact]
    public async Task A_device_with_a_connection_of_its_own_keeps_it_when_its_points_change()
    {
        var (kept, changed) = (Device("kept", 1, 10), Device("changed", 2, 20));
        Open([("connection", "per-device")], kept, changed);
        await ReadAsync(kept);
        await ReadAsync(changed);
        Assert.Equal(2, _unit.Connections);

        var (other, added) = (Device("changed", 2, 25), Device("added", 3, 30));
        await ReloadAsync(other, added);
        await ReadAsync(other);
        Assert.Equal(2, _unit.Connections);
        await ReadAsync(added);

        Assert.Equal([10L, 20, 25, 30], _sink.All.Select(reading => reading.Value.AsInteger));
        Assert.Equal(3, _unit.Connections);
    }

    private DeviceDefinition Device(string name, int unit, int register) => new()
    {
        Name = name,
        Settings = Section(_driver.Schema.Device, ("unit", unit)),
        Points = [new() { DeviceName = name, Name = "value", Every = TimeSpan.FromSeconds(1), Settings = Section(_driver.Schema.Point, ("holding", register)) }],
    };

    private void Open(params DeviceDefinition[] devices) => Open([], devices);

    private void Open((string, object)[] keys, params DeviceDefinition[] devices) =>
        _bus = _driver.Open(BusOf(keys, devices), new DriverContext(TimeProvider.System, NullLogger.Instance));

    private ValueTask ReloadAsync(params DeviceDefinition[] devices) => ((IReloadableBus)_bus!).ReloadAsync(BusOf([], devices), CancellationToken.None);

    private BusDefinition BusOf((string, object)[] keys, DeviceDefinition[] devices) =>
        Bus(_driver.Schema, [("modbus", "tcp"), ("host", "127.0.0.1"), ("port", _unit.Port), ("timeout", TimeSpan.FromSeconds(20)), .. keys], devices);

    private async Task<IPointReader> ReadAsync(DeviceDefinition device)
    {
        var reader = _bus!.CreateReader(device, device.Points);
        Assert.Equal(ReadOutcome.Answered, await reader.ReadAsync(_sink, CancellationToken.None));
        return reader;
    }
}
