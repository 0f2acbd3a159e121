using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Gpio;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// MCP4725: a voltage that is put out, in 4096 steps of its supply, with a state for the start, the loss of the uplink and the stop as other
/// outputs have: off is 0 V, on its supply. What it begins with after power-up is in its own memory, which is left alone. DS22039 §6.
/// </summary>
internal sealed class Mcp4725 : Chip<I2cPort>
{
    private const int Steps = 4096;
    private const int PowerDown = 0x06; // bits of the first byte, table 5-2

    private readonly string _name;
    private readonly DriverContext _context;
    private readonly decimal _supplyVolts;
    private OutputStates _states;
    private int? _step;
    private bool _isLossTold;
    private bool _isFollowed;

    /// <param name="device">The device.</param>
    /// <param name="context">What was written last, and the log.</param>
    public Mcp4725(DeviceDefinition device, DriverContext context)
    {
        _name = device.Name;
        _context = context;
        _supplyVolts = device.Settings.Get<decimal>("reference");
        _states = new OutputStates(device.Points[0], context, on: _supplyVolts);
        _step = StepOf(_states.Start);
    }

    /// <summary>What it puts out.</summary>
    public static string[] Fields => ["voltage"];

    public override bool HasOutputs => _states.IsKept;

    public override bool HeedsUplink => _states.IsKept && _states.UplinkLoss is not null;

    /// <summary>Volts of the register's 12 bits: the second and third byte of a read. Figure 6-3.</summary>
    public decimal Decode(ReadOnlySpan<byte> answer) => StepIn(answer) * _supplyVolts / Steps;

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        if (_states.IsKept)
        {
            Drive(port);
        }

        yield break;
    }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        var answer = port.Read(3);
        if (!_states.IsKept || !HasLost(answer))
        {
            _isLossTold = false;
        }
        else
        {
            Drive(port);
            answer = port.Read(3);
            if (!_isLossTold)
            {
                _isLossTold = true;
                Log.OutputsSetAgain(_context.Logger, _name);
            }
        }

        values.Set(0, Decode(answer));
        yield break;
    }

    public override string? Write(I2cPort port, int field, PointValue value)
    {
        if (!value.TryGetNumber(out var volts) || volts < 0 || volts > _supplyVolts)
        {
            return $"'{value}' is not a voltage from 0 to {_supplyVolts} V";
        }

        Drive(port, StepOf(volts)!.Value);
        _step = StepOf(volts);
        _states.SetDone();
        _states.Save(volts);
        return null;
    }

    public override void LetGo(I2cPort port)
    {
        if (!_isFollowed && _states.Stop is { } volts)
        {
            Drive(port, StepOf(volts)!.Value);
        }
    }

    public override void Follow(Chip<I2cPort> before)
    {
        var old = (Mcp4725)before;
        if (old._states.Point.Name == _states.Point.Name)
        {
            _step = old._step;
            _states = old._states.Point == _states.Point ? old._states : _states;
            old._isFollowed = true;
        }
    }

    public override bool IsUplinkLossOwed(TimeSpan absence)
    {
        var isOwed = _states.IsLossOwed(absence);
        _step = isOwed ? StepOf(_states.UplinkLoss) : _step;
        return isOwed;
    }

    public override IReadOnlyList<int> HeedUplinkLoss(I2cPort port)
    {
        Drive(port);
        _states.SetDone();
        return [0];
    }

    private static int StepIn(ReadOnlySpan<byte> answer) => (answer[1] << 4) | (answer[2] >> 4);

    // The fast command, figure 6-1: it also ends a power-down.
    private static void Drive(I2cPort port, int step) => port.Write((byte)(step >> 8), (byte)step);

    private void Drive(I2cPort port)
    {
        if (_step is { } step)
        {
            Drive(port, step);
        }
    }

    // After power-up it puts out what its own memory says.
    private bool HasLost(ReadOnlySpan<byte> answer) => _step is { } step && (StepIn(answer) != step || (answer[0] & PowerDown) != 0);

    private int? StepOf(decimal? volts) =>
        volts is { } wanted ? Math.Min(Steps - 1, (int)decimal.Round(wanted * Steps / _supplyVolts, MidpointRounding.AwayFromZero)) : null;
}
