using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Commands;

/// <summary>
/// Points read and written straight on their buses, with neither queue nor broker: what the command line does where no service runs.
/// Only the points that are asked for are polled, and those that they are calculated from.
/// </summary>
public sealed class DirectAccess : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly List<BusPoller> _buses;
    private readonly LastValues _values = new();
    private readonly TimeProvider _timeProvider;

    private DirectAccess(
        IEnumerable<BusDefinition> buses, IReadOnlyList<IDriver> drivers, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        _timeProvider = timeProvider;
        Points = new PointAccess(() => _buses!, _values, timeProvider);
        var observer = new Observer(_values);
        var logger = loggerFactory.CreateLogger<DirectAccess>();
        _buses =
        [
            .. buses.Select(bus =>
            {
                var context = new DriverContext(timeProvider, logger);
                var opened = drivers.First(driver => driver.Schema.Name == bus.DriverName).Open(bus, context);
                return new BusPoller(bus, opened, observer, new PollOptions(), context);
            }),
        ];
    }

    /// <summary>The points.</summary>
    public PointAccess Points { get; }

    /// <summary>Begins to poll what is asked for.</summary>
    /// <param name="buses">Valid definitions.</param>
    /// <param name="name"><c>DEVICE</c> or <c>DEVICE.POINT</c>; null: everything.</param>
    /// <param name="drivers">The drivers of the buses.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggerFactory">Takes what goes wrong.</param>
    /// <param name="error">Why not, one sentence; null if it polls.</param>
    /// <returns>Null if the name is nothing that there is.</returns>
    public static DirectAccess? Open(
        IReadOnlyList<BusDefinition> buses,
        string? name,
        IReadOnlyList<IDriver> drivers,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory,
        out string? error)
    {
        ArgumentNullException.ThrowIfNull(buses);
        if (PointNames.Select(buses.SelectMany(bus => bus.Devices), name, out error) is not { } points)
        {
            return null;
        }

        var access = new DirectAccess(Restrict(buses, points.ToHashSet()), drivers, timeProvider, loggerFactory);
        foreach (var bus in access._buses)
        {
            bus.Start();
        }

        return access;
    }

    /// <summary>Waits until each of the points was read, or could not be.</summary>
    /// <param name="patience">How long at most; what speaks by itself may be silent for long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = _timeProvider.GetTimestamp();
        while (Points.Read(null, out _)!.Any(point => point.Quality is null) && _timeProvider.GetElapsedTime(began) < patience)
        {
            await Task.Delay(Pause, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var bus in _buses)
        {
            await bus.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static IEnumerable<BusDefinition> Restrict(IReadOnlyList<BusDefinition> buses, HashSet<PointDefinition> points)
    {
        foreach (var bus in buses)
        {
            var devices = bus.Devices.Select(device => Restrict(device, points)).OfType<DeviceDefinition>().ToList();
            if (devices.Count > 0)
            {
                yield return new BusDefinition { DriverName = bus.DriverName, Name = bus.Name, Settings = bus.Settings, Devices = devices, Fingerprint = bus.Fingerprint };
            }
        }
    }

    private static DeviceDefinition? Restrict(DeviceDefinition device, HashSet<PointDefinition> points)
    {
        var read = device.Points.Where(points.Contains).ToList();
        if (device.Calculated.Any(points.Contains))
        {
            return device;
        }

        return read.Count == 0 ? null : new DeviceDefinition { Name = device.Name, Profile = device.Profile, Settings = device.Settings, Points = read };
    }

    private sealed class Observer(LastValues values) : IPollObserver
    {
        private readonly ConcurrentDictionary<PointDefinition, PointMapper> _mappers = [];
        private readonly ConcurrentDictionary<PointDefinition, CalculatedPoint> _calculated = [];

        public void Report(in Reading reading)
        {
            var mapper = _mappers.GetOrAdd(reading.Point, static point => new PointMapper(point));
            lock (mapper)
            {
                values.Set(mapper.Map(reading).Measurement);
            }
        }

        public void PollFinished(DeviceDefinition device)
        {
            foreach (var point in device.Calculated)
            {
                var calculated = _calculated.GetOrAdd(point, static point => new CalculatedPoint(point));
                lock (calculated)
                {
                    if (calculated.Read(values) is { } reading)
                    {
                        Report(reading);
                    }
                }
            }
        }

        public void DeviceChanged(DeviceDefinition device, DeviceState state)
        {
        }
    }
}
