using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Gpio;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// Pins on a chip. Outputs have their states and pulses as those of a GPIO chip have; after a fault they get back what they were set to. Pins
/// that no point names stay inputs. Where one command has opened the bus, and knows some of the points only, no output but the one that is
/// written changes.
/// </summary>
internal abstract class Expander : Chip<I2cPort>
{
    private readonly string _name;
    private readonly DriverContext _context;
    private readonly Dictionary<int, OutputStates> _states = [];
    private readonly Dictionary<int, long> _pulseEnds = []; // on the clock's timestamps
    private readonly ushort _activeLow;
    private ushort _levels;
    private ushort _found;
    private bool _isLossTold;

    /// <param name="device">The device, whose points say what each pin is.</param>
    /// <param name="fields">The pins, by their names.</param>
    /// <param name="context">What was written last, and the log.</param>
    protected Expander(DeviceDefinition device, string[] fields, DriverContext context)
    {
        _name = device.Name;
        _context = context;
        foreach (var point in device.Points)
        {
            var settings = point.Settings;
            var field = Array.IndexOf(fields, settings.Get<string>(ChipKeys.Field));
            var pin = (ushort)(1 << field);
            PullUps |= settings.Get<string>("bias") == "pull-up" ? pin : (ushort)0;
            _activeLow |= settings.Get<string>("active") == "low" ? pin : (ushort)0;
            if (settings.Get<string>("direction") != "output")
            {
                continue;
            }

            Outputs |= pin;
            _states[field] = new OutputStates(point, context, on: 1);
            _found |= _states[field].Start is null ? pin : (ushort)0;
            Want(field, _states[field].Start);
        }
    }

    public override bool HasOutputs => Outputs != 0 && IsKept;

    public override TimeSpan? PulseLeft => _pulseEnds.Count > 0 ? LeftUntil(_pulseEnds.Values.Min()) : null;

    public override bool HeedsUplink => IsKept && _states.Values.Any(states => states.UplinkLoss is not null);

    /// <summary>The pins that the gateway drives, a bit each.</summary>
    protected ushort Outputs { get; }

    /// <summary>The pins that a resistor holds up.</summary>
    protected ushort PullUps { get; }

    private bool IsKept => _context.Memory is not null;

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        var levels = ReadPins(port);
        if (!IsKept || !HasLost(port, levels, _levels))
        {
            _isLossTold = false;
        }
        else
        {
            SetUpPins(port, _levels);
            levels = ReadPins(port);
            if (!_isLossTold)
            {
                _isLossTold = true;
                Log.OutputsSetAgain(_context.Logger, _name);
            }
        }

        foreach (var field in asked)
        {
            values.Set(field, PointValue.From(((levels ^ _activeLow) >> field & 1) != 0));
        }

        yield break;
    }

    public override string? Write(I2cPort port, int field, PointValue value)
    {
        if (value.Kind != PointValueKind.Boolean && !value.IsNumber)
        {
            return $"'{value}' is neither true nor false";
        }

        var isOn = value.Kind == PointValueKind.Boolean ? value.AsBoolean : !value.TryGetNumber(out var number) || number != 0;
        if (_states[field].RefuseCommand(isOn) is { } refusal)
        {
            return refusal;
        }

        if (!IsKept)
        {
            return DriveAlone(port, (ushort)(1 << field), isOn != ((_activeLow >> field & 1) != 0));
        }

        var before = _levels;
        Want(field, isOn ? 1 : 0);
        try
        {
            DrivePins(port, _levels);
        }
        catch
        {
            _levels = before;
            throw;
        }

        _found &= (ushort)~(1 << field);
        BeginPulse(field, isOn);
        _states[field].SetDone();
        _states[field].Save(isOn ? 1 : 0);
        return null;
    }

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        if (!IsKept)
        {
            SetUpInputs(port);
            yield break;
        }

        PulsesOver().ForEach(field => Want(field, 0));
        if (_found != 0)
        {
            _levels = (ushort)((_levels & ~_found) | (ReadPins(port) & _found));
        }

        SetUpPins(port, _levels);
    }

    public override void LetGo(I2cPort port)
    {
        foreach (var (field, states) in _states)
        {
            // A pulse is not to last for good.
            Want(field, states.Stop ?? (_pulseEnds.ContainsKey(field) ? 0 : null));
        }

        if (_pulseEnds.Count > 0 || _states.Values.Any(states => states.Stop is not null))
        {
            DrivePins(port, _levels);
        }
    }

    public override void Follow(Chip<I2cPort> before)
    {
        var old = (Expander)before;
        foreach (var (field, states) in old._states)
        {
            if (!_states.TryGetValue(field, out var now) || now.Point.Name != states.Point.Name || now.Pulse is null != states.Pulse is null)
            {
                continue;
            }

            var pin = (ushort)(1 << field);
            var isOn = ((old._levels ^ old._activeLow) & pin) != 0;
            _found = (ushort)((_found & ~pin) | (old._found & pin));
            Want(field, isOn ? 1 : 0);
            _states[field] = now.Point == states.Point ? states : now;
            old._states.Remove(field);
            if (old._pulseEnds.Remove(field, out var end))
            {
                _pulseEnds[field] = end;
            }
        }
    }

    public override bool IsUplinkLossOwed(TimeSpan absence)
    {
        var isOwed = false;
        foreach (var (field, states) in _states)
        {
            if (states.IsLossOwed(absence))
            {
                isOwed = true;
                _found &= (ushort)~(1 << field);
                Want(field, states.UplinkLoss);
                BeginPulse(field, states.UplinkLoss != 0);
            }
        }

        return isOwed;
    }

    public override IReadOnlyList<int> HeedUplinkLoss(I2cPort port)
    {
        DrivePins(port, _levels);
        foreach (var states in _states.Values)
        {
            states.SetDone();
        }

        return [.. _states.Where(each => each.Value.UplinkLoss is not null).Select(each => each.Key)];
    }

    public override IReadOnlyList<int> EndPulses(I2cPort port)
    {
        var over = PulsesOver();
        if (over.Count > 0)
        {
            over.ForEach(field => Want(field, 0));
            DrivePins(port, _levels);
            over.ForEach(field => _pulseEnds.Remove(field));
        }

        return over;
    }

    /// <summary>Sets levels first and directions then, so that no output is ever at the wrong level.</summary>
    protected abstract void SetUpPins(I2cPort port, ushort levels);

    /// <summary>Sets up what concerns inputs only, of the points that are known.</summary>
    protected abstract void SetUpInputs(I2cPort port);

    /// <summary>Drives the outputs.</summary>
    protected abstract void DrivePins(I2cPort port, ushort levels);

    /// <summary>Makes an output of one pin, and leaves the others as the chip has them.</summary>
    /// <returns>Why it cannot be done; null if it was.</returns>
    protected abstract string? DriveAlone(I2cPort port, ushort pin, bool isHigh);

    /// <summary>The levels at the pins.</summary>
    protected abstract ushort ReadPins(I2cPort port);

    /// <summary>Whether the chip is not as it was set up: its supply was away.</summary>
    /// <param name="port">The way to it.</param>
    /// <param name="pins">The levels at the pins.</param>
    /// <param name="levels">What the outputs were set to.</param>
    protected abstract bool HasLost(I2cPort port, ushort pins, ushort levels);

    private void BeginPulse(int field, bool isOn)
    {
        _pulseEnds.Remove(field);
        if (isOn && _states[field].Pulse is { } pulse)
        {
            _pulseEnds[field] = _context.TimeProvider.GetTimestamp() + (long)(pulse.TotalSeconds * _context.TimeProvider.TimestampFrequency);
        }
    }

    private List<int> PulsesOver() => [.. _pulseEnds.Where(each => LeftUntil(each.Value) <= TimeSpan.Zero).Select(each => each.Key)];

    private TimeSpan LeftUntil(long timestamp) => _context.TimeProvider.GetElapsedTime(_context.TimeProvider.GetTimestamp(), timestamp);

    private void Want(int field, decimal? value)
    {
        if (value is { } wanted)
        {
            var pin = (ushort)(1 << field);
            var isHigh = wanted != 0 != ((_activeLow & pin) != 0);
            _levels = (ushort)(isHigh ? _levels | pin : _levels & ~pin);
        }
    }
}
