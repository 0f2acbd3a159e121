using System.Diagnostics.Metrics;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Reloading;
using Gateway.Storage.Points;
using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime;

/// <summary>
/// The first half of the data path: the buses, what their readings mean, and what points keep. It outlives the second half, so that another
/// uplink or another queue costs no poll and touches no output; what is read meanwhile is held. Used by one <see cref="GatewayRuntime"/> at a time.
/// </summary>
/// <param name="drivers">The drivers that maps may name.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="loggerFactory">Where every part logs.</param>
/// <param name="clock">What times of acquisition are worth.</param>
/// <param name="meterFactory">Makes the meters; null: they belong to the whole process.</param>
/// <param name="observer">Sees each measurement; null: nobody does.</param>
public sealed class Acquisition(
    IReadOnlyList<IDriver> drivers,
    TimeProvider timeProvider,
    ILoggerFactory loggerFactory,
    AcquisitionClock clock,
    IMeterFactory? meterFactory = null,
    IMeasurementObserver? observer = null) : IAsyncDisposable
{
    private readonly IReadOnlyDictionary<string, IDriver> _drivers = drivers.ToDictionary(driver => driver.Schema.Name);
    private readonly MeasurementOutlet _outlet = new(loggerFactory.CreateLogger<Acquisition>());
    private volatile Func<TimeSpan> _uplinkAbsence = NoAbsence;
    private MeasurementPipeline? _pipeline;
    private PollingInstruments? _instruments;
    private PointMemory? _memory;
    private volatile RunningBuses? _buses;

    internal LastValues Values { get; } = new();

    internal IReadOnlyList<BusPoller> Pollers => _buses?.Pollers ?? [];

    /// <summary>The buses whose poll loops hang, also while they are to end, or whose drivers do not come back from opening them: the service's watchdog hangs on them.</summary>
    public IReadOnlyList<string> StalledBuses => _buses?.Stalled ?? [];

    internal MeasurementPipeline? Pipeline => _pipeline;

    /// <summary>What points keep over restarts; null before the first <see cref="AttachAsync"/>.</summary>
    internal IPointMemory? Memory => _memory;

    /// <summary>What is wrong with the file that keeps counts and states of outputs; null: nothing.</summary>
    internal string? MemoryProblem => _memory?.Trouble;

    /// <summary>Closes the buses, gives outputs their states for the stop, and saves what points keep. Once only.</summary>
    public async ValueTask DisposeAsync()
    {
        _instruments?.Dispose();
        if (_buses is { } buses)
        {
            await buses.DisposeAsync().ConfigureAwait(false);
        }

        if (_memory is { } memory)
        {
            await memory.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal (BusPoller Bus, PointDefinition Point)? Find(string device, string point) => _buses?.Find(device, point);

    /// <summary>A logger that says of a device which bus and unit it is.</summary>
    internal ILogger CreateLogger<T>() => new DeviceLogger(loggerFactory.CreateLogger<T>(), null, name => DeviceLogger.Find(Pollers.Select(poller => poller.Definition), name));

    /// <summary>Gives a second half what is read from now on, and what was held for it.</summary>
    /// <param name="data">Where points keep what they keep.</param>
    /// <param name="queue">Takes the measurements.</param>
    /// <param name="unit">What one message carries.</param>
    /// <param name="deviceChanged">Is told of changes of a device's state; and of the states that are known, at once.</param>
    /// <param name="gone">Is told what new maps no longer have.</param>
    /// <param name="uplinkAbsence">How long the uplink has been away.</param>
    internal async Task AttachAsync(
        string data, ICountingQueue queue, PublishUnit unit, Action<DeviceDefinition, DeviceState> deviceChanged, IGoneObserver gone, Func<TimeSpan> uplinkAbsence)
    {
        _memory ??= await PointMemory.OpenAsync(Path.Combine(data, "points.db"), timeProvider, loggerFactory.CreateLogger<PointMemory>()).ConfigureAwait(false);
        _pipeline ??= new MeasurementPipeline(_outlet, Values, _memory, clock, CreateLogger<MeasurementPipeline>(), observer);
        _instruments ??= new PollingInstruments(meterFactory, () => Pollers, _pipeline);
        _buses ??= new RunningBuses(_drivers, _pipeline, _memory, () => _uplinkAbsence(), _instruments, timeProvider, loggerFactory) { Gone = gone };
        _uplinkAbsence = uplinkAbsence;
        _buses.Gone = gone;
        _pipeline.Attach(unit, deviceChanged, Pollers.SelectMany(poller => poller.Definition.Devices));
        _outlet.Open(queue);
    }

    /// <summary>Holds what is read from now on. Nobody is told of states.</summary>
    internal void Detach()
    {
        _outlet.Close();
        _pipeline?.Detach();
        _uplinkAbsence = NoAbsence;
    }

    /// <summary>Makes the polled buses those of new maps. One call at a time.</summary>
    internal Task<AppliedChanges> ApplyAsync(IReadOnlyList<BusDefinition> buses) => _buses!.ApplyAsync(buses);

    private static TimeSpan NoAbsence() => TimeSpan.Zero;
}
