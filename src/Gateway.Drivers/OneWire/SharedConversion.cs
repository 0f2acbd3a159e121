using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Linux.OneWire;

namespace Gateway.Drivers.OneWire;

/// <summary>
/// Makes the sensors of a bus that come due together convert together: twenty take 750 ms then, not fifteen seconds. Runs on the thread of the bus.
/// </summary>
/// <param name="master">The bus.</param>
/// <param name="bus">The bus, as the log names it.</param>
/// <param name="context">The clock and the log.</param>
internal sealed class SharedConversion(OneWireMaster master, string bus, DriverContext context)
{
    /// <summary>A value that was converted longer ago is not published as one of now: 60 sensors are read in it.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    /// <summary>Sensors whose turns are no further apart convert together.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(500);

    private readonly List<OneWirePort> _sensors = [];
    private long _converted;
    private bool _isRefused;
    private string? _told;

    /// <summary>Adds a sensor that can convert with others.</summary>
    public void Add(OneWirePort sensor) => _sensors.Add(sensor);

    /// <summary>Forgets a sensor.</summary>
    public void Remove(OneWirePort sensor) => _sensors.Remove(sensor);

    /// <summary>Forgets what was converted: the bus failed.</summary>
    public void Forget()
    {
        foreach (var sensor in _sensors)
        {
            sensor.IsConverted = false;
        }
    }

    /// <summary>Whether the kernel has a fresh value of the sensor; converts first where others need one too.</summary>
    public bool Has(OneWirePort sensor)
    {
        if (sensor.IsConverted && context.TimeProvider.GetElapsedTime(_converted) <= MaxAge)
        {
            return true;
        }

        if (!_sensors.Contains(sensor) || !(sensor.IsConverted || AreOthersDue(sensor)) || !TryConvert())
        {
            return false;
        }

        foreach (var each in _sensors)
        {
            each.IsConverted = true;
        }

        _converted = context.TimeProvider.GetTimestamp();
        return true;
    }

    private bool AreOthersDue(OneWirePort sensor) => _sensors.Exists(other => other != sensor && !other.IsMissing && other.IsDue(Together));

    private bool TryConvert()
    {
        try
        {
            var isDone = !_isRefused && master.TryConvertAll();
            _told = isDone ? null : _told;
            return isDone;
        }
        catch (BusException fault)
        {
            // It does not become permitted while the service runs; they convert one after the other.
            _isRefused = fault.Reason == BusReasons.Denied;
            if (_told != fault.Message)
            {
                _told = fault.Message;
                Log.NoSharedConversion(context.Logger, bus, fault.Message);
            }

            return false;
        }
    }
}
