using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// A simulated chip whose inputs follow the waveforms of a map: doors that open, meters that turn. Dispose it to stop.
/// </summary>
public sealed class GpioSimulation : IGpioChip
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PulsePeriod = TimeSpan.FromSeconds(2);

    private readonly SimulatedGpioChip _chip;
    private readonly TimeProvider _timeProvider;
    private readonly long _started;
    private readonly (GpioLineSettings Line, Waveform Waveform)[] _inputs;
    private readonly ITimer _timer;

    private GpioSimulation(BusDefinition bus, TimeProvider timeProvider)
    {
        _chip = new SimulatedGpioChip(timeProvider);
        _timeProvider = timeProvider;
        _started = timeProvider.GetTimestamp();
        _inputs =
        [
            .. bus.Devices
                .SelectMany(device => device.Points)
                .Select(point => new GpioPoint(point))
                .Where(point => point.Settings.Direction == GpioDirection.Input)
                .Select(point => (point.Settings, WaveformOf(point))),
        ];
        Follow();
        _timer = timeProvider.CreateTimer(_ => Follow(), null, Tick, Tick);
    }

    /// <summary>A chip for a valid GPIO bus. Fits <see cref="DriverCatalog.Create"/>.</summary>
    public static IGpioChip Open(BusDefinition bus, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(bus);
        ArgumentNullException.ThrowIfNull(context);
        return new GpioSimulation(bus, context.TimeProvider);
    }

    /// <inheritdoc/>
    public IGpioLines Request(IReadOnlyList<GpioLineSettings> lines) => _chip.Request(lines);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _chip.DisposeAsync();
    }

    private static Waveform WaveformOf(GpioPoint point) =>
        point.IsCounter && !point.Definition.Settings.IsWritten(WaveformSchema.KeyName)
            ? new ToggleWaveform(PulsePeriod)
            : PointWaveform.Of(point.Definition, WaveformKind.Boolean);

    private void Follow()
    {
        var elapsed = _timeProvider.GetElapsedTime(_started);
        foreach (var (line, waveform) in _inputs)
        {
            var value = waveform.At(elapsed);
            var isActive = value.Kind == PointValueKind.Boolean ? value.AsBoolean : value.TryGetNumber(out var number) && number != 0;
            _chip.Drive(line.Line, isActive != line.IsActiveLow);
        }
    }
}
