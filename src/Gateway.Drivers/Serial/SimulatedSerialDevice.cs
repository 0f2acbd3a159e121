using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Framing;
using Gateway.Drivers.Simulated;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Serial;

/// <summary>What a serial device says when it is simulated: the frames of its <c>simulate</c> in turn. Not thread-safe.</summary>
internal sealed class SimulatedSerialDevice
{
    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<string> _frames;
    private readonly (string Placeholder, Waveform Waveform)[] _values;
    private int _next;

    /// <param name="device">The device; it has frames to simulate.</param>
    /// <param name="options">A recording that goes before the waveforms, noise, and what goes wrong.</param>
    public SimulatedSerialDevice(SerialDevice device, SimulationOptions options)
    {
        Name = device.Definition.Name;
        _frames = device.Definition.Settings.Get<IReadOnlyList<string>>("simulate");
        Requests = [.. device.Requests.Values.DistinctBy(Convert.ToHexString)];
        Interval = Requests.Count > 0 ? null : device.Definition.Settings.TryGet<TimeSpan>("every", out var every) ? every : UsualInterval;
        Faults = new FaultInjector(options.Faults.GetValueOrDefault(Name) ?? new ModbusFaults());
        _values = [.. device.Definition.Points.Select(point => ($"{{{point.Name}}}", options.WaveformOf(point, WaveformKind.Number)))];
    }

    public string Name { get; }

    /// <summary>What it is asked with; none: it speaks by itself.</summary>
    public IReadOnlyList<byte[]> Requests { get; }

    /// <summary>What befalls its frames.</summary>
    public FaultInjector Faults { get; }

    /// <summary>How often it speaks by itself; null: never.</summary>
    public TimeSpan? Interval { get; }

    /// <summary>Whether a device has frames to simulate.</summary>
    public static bool IsPossible(DeviceDefinition device) => device.Settings.IsWritten("simulate");

    /// <summary>Adds what is wrong with the frames.</summary>
    public static void Validate(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        if (!device.Settings.TryGet<IReadOnlyList<string>>("simulate", out var frames))
        {
            return;
        }

        foreach (var frame in frames)
        {
            if (!ByteText.TryParse([frame], out _, out var error))
            {
                diagnostics.Add(Diagnostic.Error(device.Settings.Locate("simulate"), $"'simulate' cannot be read: {error}"));
            }
        }
    }

    /// <summary>The next frame.</summary>
    /// <param name="elapsed">Time since the simulation began.</param>
    public byte[] Next(TimeSpan elapsed)
    {
        var frame = _frames[_next];
        _next = (_next + 1) % _frames.Count;
        var text = new StringBuilder(frame);
        foreach (var (placeholder, waveform) in _values)
        {
            if (frame.Contains(placeholder, StringComparison.Ordinal))
            {
                text.Replace(placeholder, waveform.At(elapsed).ToString());
            }
        }

        return ByteText.TryParse([text.ToString()], out var bytes, out _) ? bytes : [];
    }
}
