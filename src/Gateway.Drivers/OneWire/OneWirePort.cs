using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Linux.OneWire;

namespace Gateway.Drivers.OneWire;

/// <summary>The way to one sensor. Runs on the thread of the bus.</summary>
internal sealed class OneWirePort
{
    private readonly OneWireMaster _master;
    private readonly SharedConversion _conversion;
    private readonly DriverContext _context;
    private readonly DeviceDefinition _device;
    private readonly TimeSpan _every;
    private readonly string _id;
    private string? _resolutionFault;
    private long? _measured;

    /// <param name="master">The bus.</param>
    /// <param name="conversion">What the sensors of the bus have in common.</param>
    /// <param name="id">The sensor.</param>
    /// <param name="device">The device that it is.</param>
    /// <param name="every">How often it is read.</param>
    /// <param name="context">The clock, the log and the error counts.</param>
    public OneWirePort(OneWireMaster master, SharedConversion conversion, string id, DeviceDefinition device, TimeSpan every, DriverContext context)
    {
        _master = master;
        _conversion = conversion;
        _context = context;
        _device = device;
        _every = every;
        _id = id;
        if (OneWireFamily.Of(device)!.ConvertsWithOthers)
        {
            conversion.Add(this);
        }
    }

    /// <summary>Whether the last read failed: nobody waits for it.</summary>
    public bool IsMissing { get; private set; }

    /// <summary>Whether the kernel has a conversion for it that was not read.</summary>
    public bool IsConverted { get; set; }

    /// <summary>Whether its next read comes within a time.</summary>
    public bool IsDue(TimeSpan within) => _measured is not { } measured || _context.TimeProvider.GetElapsedTime(measured) + within >= _every;

    /// <summary>A fresh value.</summary>
    /// <exception cref="BusException">There is none.</exception>
    public Scratchpad Measure()
    {
        _measured = _context.TimeProvider.GetTimestamp();
        IsMissing = true;
        if (!_conversion.Has(this) && IsConverted)
        {
            // What waits in the kernel is old. Reading it makes the kernel convert again for the next read.
            Read();
        }

        var pad = Read();
        IsMissing = false;
        return pad;
    }

    /// <summary>Has the sensor convert by itself.</summary>
    /// <exception cref="BusException">There is no value.</exception>
    public Scratchpad MeasureAgain(string reason)
    {
        _context.Errors.Count(_device.Name, reason);
        return Read();
    }

    /// <summary>Sets the resolution if the sensor has another. One that cannot be set is no fault of the sensor's values.</summary>
    public void SetResolution(int bits)
    {
        try
        {
            if (_master.ReadResolution(_id) != bits)
            {
                _master.WriteResolution(_id, bits);
            }

            _resolutionFault = null;
        }
        catch (BusException fault) when (fault is { IsBusFault: false, Reason: not BusReasons.NoAck })
        {
            if (_resolutionFault != fault.Message)
            {
                _resolutionFault = fault.Message;
                Log.ResolutionRefused(_context.Logger, _device.Name, bits, fault.Message);
            }
        }
    }

    private Scratchpad Read()
    {
        IsConverted = false;
        return _master.Read(_id);
    }
}
