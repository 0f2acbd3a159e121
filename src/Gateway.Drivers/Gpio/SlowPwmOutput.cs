using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Linux.Timing;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// A slow load on a line, such as a heater, that is on for a share of each period. The periods stand on a grid, so that a late switch
/// makes none later after it.
/// </summary>
internal sealed class SlowPwmOutput : GpioOutput
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _period;
    private readonly long _started;
    private readonly ITimer _timer;
    private decimal _percent;
    private bool _hasBegun;

    public SlowPwmOutput(PointDefinition definition, DriverContext context)
        : base(definition, context)
    {
        _timeProvider = PreciseTimeProvider.InPlaceOf(context.TimeProvider);
        _period = definition.Settings.Get<Settings>("pwm").Get<TimeSpan>("period");
        _started = _timeProvider.GetTimestamp();
        _timer = _timeProvider.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The first period decides; until it begins nothing is on.</summary>
    public override bool? InitialLevel => Value is null ? null : false;

    protected override decimal On => 100;

    public override void Begin()
    {
        lock (Gate)
        {
            _hasBegun = true;
            if (Value is { } value)
            {
                Drive(value);
            }
        }
    }

    public override Reading Read(DateTimeOffset now)
    {
        Line!.Read(); // throws where the chip is gone
        return Value is { } value ? Reading.Good(Definition, PointValue.From(value), now) : Reading.Bad(Definition, GpioReasons.NotSet, now);
    }

    public override WriteOutcome Write(PointValue value) =>
        IsKept ? base.Write(value) : new WriteOutcome("a share of time is kept by the service; start it and write again");

    public override async ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            _hasBegun = false;
        }

        await _timer.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Drive(decimal value)
    {
        _percent = value;
        if (_hasBegun)
        {
            Switch();
        }
        else
        {
            // Being closed: nobody is left to switch it off again, so on is for good.
            Line!.Write(value == On);
        }
    }

    protected override string? TryConvert(PointValue value, out decimal converted) => Percent.TryConvert(value, On, out converted);

    private void Tick()
    {
        lock (Gate)
        {
            try
            {
                if (_hasBegun)
                {
                    Switch();
                }
            }
            catch (IOException)
            {
                // Once the chip is back it begins anew. Where only the write failed, nothing else would switch it again.
                _timer.Change(RetryDelay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    // What the line is at this moment of its period, and when that ends.
    private void Switch()
    {
        var elapsed = _timeProvider.GetElapsedTime(_started);
        var phase = TimeSpan.FromTicks(elapsed.Ticks % _period.Ticks);
        var on = TimeSpan.FromTicks((long)(_period.Ticks * _percent / 100));
        var isOn = phase < on;
        Line!.Write(isOn);
        var isSteady = on <= TimeSpan.Zero || on >= _period;
        _timer.Change(isSteady ? Timeout.InfiniteTimeSpan : (isOn ? on : _period) - phase, Timeout.InfiniteTimeSpan);
    }
}
