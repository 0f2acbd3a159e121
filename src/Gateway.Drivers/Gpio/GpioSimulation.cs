using System.Globalization;
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
    private readonly (int Line, bool IsActiveLow, Waveform Waveform)[] _inputs;
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
                .Where(point => !GpioSettings.IsOutput(point.Settings))
                .DistinctBy(point => point.Settings.Get<string>("line"))
                .Select(point => (LineOf(point.Settings.Get<string>("line")), GpioSettings.LineOf(point.Settings).IsActiveLow, WaveformOf(point))),
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
    public int? FindLine(string name) => _chip.FindLine(name);

    /// <inheritdoc/>
    public IGpioLines Request(IReadOnlyList<GpioLineSettings> lines) => _chip.Request(lines);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _chip.DisposeAsync();
    }

    private static Waveform WaveformOf(PointDefinition point) =>
        (point.Settings.IsWritten("count") || point.Settings.IsWritten("rate")) && !point.Settings.IsWritten(WaveformSchema.KeyName)
            ? new ToggleWaveform(PulsePeriod)
            : PointWaveform.Of(point, WaveformKind.Boolean);

    private int LineOf(string line) =>
        int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : _chip.FindLine(line)!.Value;

    private void Follow()
    {
        var elapsed = _timeProvider.GetElapsedTime(_started);
        foreach (var (line, isActiveLow, waveform) in _inputs)
        {
            var value = waveform.At(elapsed);
            var isActive = value.Kind == PointValueKind.Boolean ? value.AsBoolean : value.TryGetNumber(out var number) && number != 0;
            _chip.Drive(line, isActive != isActiveLow);
        }
    }
}
