using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Linux.Pwm;

namespace Gateway.Drivers.Gpio;

/// <summary>A channel of the hardware's PWM. It fails for itself: what is wrong with it does not concern the lines of its bus.</summary>
internal sealed class ChannelPwmOutput : GpioOutput
{
    private readonly PwmChannel _channel;
    private readonly TimeSpan _period;
    private readonly bool _isActiveLow;
    private readonly Action<string?> _trouble;
    private bool _hasBegun;

    /// <param name="definition">A valid definition.</param>
    /// <param name="context">What was written last.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="trouble">Is told what is wrong; null: nothing any more.</param>
    public ChannelPwmOutput(PointDefinition definition, DriverContext context, PwmChannel channel, Action<string?> trouble)
        : base(definition, context)
    {
        _channel = channel;
        _trouble = trouble;
        _period = definition.Settings.Get<Settings>("pwm").Get<TimeSpan>("period");
        _isActiveLow = definition.Settings.Get<string>("active") == "low";
    }

    public override bool? InitialLevel => null;

    protected override decimal On => 100;

    public override Reading Read(DateTimeOffset now)
    {
        try
        {
            decimal? percent;
            lock (Gate)
            {
                EnsureBegun();
                percent = Percentage();
            }

            _trouble(null);
            return percent is { } known
                ? Reading.Good(Definition, PointValue.From(Math.Round(_isActiveLow ? 100 - known : known, 3)), now)
                : Reading.Bad(Definition, GpioReasons.NotSet, now);
        }
        catch (IOException fault)
        {
            Fail(fault);
            return Reading.Bad(Definition, GpioReasons.PwmFailed, now);
        }
    }

    public override WriteOutcome Write(PointValue value)
    {
        try
        {
            return base.Write(value);
        }
        catch (IOException fault)
        {
            Fail(fault);
            return new WriteOutcome(fault.Message);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync();
        }
        catch (IOException)
        {
            // Gone with all that it drove.
        }
    }

    protected override void Drive(decimal value)
    {
        var onTime = _period * (double)((_isActiveLow ? 100 - value : value) / 100);
        if (_hasBegun)
        {
            _channel.OnTime = onTime;
        }
        else
        {
            _channel.Take(_period, onTime);
            _hasBegun = true;
        }
    }

    protected override string? TryConvert(PointValue value, out decimal converted) => Percent.TryConvert(value, On, out converted);

    // Without a period it does not run: nobody has set it yet, or another program has given it back to the kernel.
    private decimal? Percentage()
    {
        if (_channel.Period == TimeSpan.Zero)
        {
            _hasBegun = false;
            EnsureBegun();
        }

        return _channel.Period is { Ticks: > 0 } period ? (decimal)(_channel.OnTime / period) * 100 : null;
    }

    private void EnsureBegun()
    {
        if (!_hasBegun && Value is { } value)
        {
            Drive(value);
        }
    }

    private void Fail(IOException fault)
    {
        lock (Gate)
        {
            _hasBegun = false;
        }

        _trouble(fault.Message);
    }
}
