using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// Something that the gateway drives, with a defined state at the start, at the loss of the uplink and at the stop. What it was set to
/// outlives a fault of the chip.
/// </summary>
internal abstract class GpioOutput : GpioPoint
{
    private readonly OutputStates _states;
    private bool _isFollowed;

    protected GpioOutput(PointDefinition definition, DriverContext context)
        : base(definition)
    {
        _states = new OutputStates(definition, context, On);
        Value = _states.Start;
    }

    /// <summary>Whether it has a state for the loss of the uplink.</summary>
    public bool HeedsUplink => _states.UplinkLoss is not null;

    /// <summary>Whether it has taken the place of another, so that its line is what it is to be.</summary>
    public bool IsFollowing { get; private set; }

    /// <summary>The level that its line is to begin with: true is active; null: the one that it has.</summary>
    public abstract bool? InitialLevel { get; }

    /// <summary>What it is set to: 1 is on, or per cent where <see cref="On"/> is 100; null: as it was found.</summary>
    protected decimal? Value { get; private set; }

    /// <summary>Guards all that the poll loop, timers and the watch over the uplink do.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>What on is.</summary>
    protected abstract decimal On { get; }

    /// <summary>What it must not be left without; null: it may stay as it is.</summary>
    protected virtual decimal? RestValue => null;

    /// <summary>Whether the service keeps it, or one command has opened its bus.</summary>
    protected bool IsKept => _states.IsKept;

    /// <summary>For how long it is on; null: until it is written again.</summary>
    protected TimeSpan? Pulse => _states.Pulse;

    public override WriteOutcome Write(PointValue value)
    {
        if ((TryConvert(value, out var converted) ?? _states.RefuseCommand(converted != 0)) is { } error)
        {
            return new WriteOutcome(error);
        }

        lock (Gate)
        {
            Drive(converted);
            Value = converted;
            _states.SetDone();
        }

        _states.Save(converted);
        return WriteOutcome.Done;
    }

    /// <summary>Looks how long the uplink has been away. Where the chip is gone, this is to be called again.</summary>
    /// <returns>Whether the output has just taken the state for its loss. That happens once a loss: what is written later counts.</returns>
    /// <exception cref="IOException">The chip is gone.</exception>
    public bool HeedUplink(TimeSpan absence)
    {
        lock (Gate)
        {
            if (!_states.IsLossOwed(absence))
            {
                return false;
            }

            Force(_states.UplinkLoss!.Value);
            _states.SetDone();
            return true;
        }
    }

    /// <summary>
    /// Takes the place of an output of the same line whose map says something else now: it is what that one is, which is left as it is when it is
    /// disposed.
    /// </summary>
    public void Follow(GpioOutput before)
    {
        lock (before.Gate)
        {
            before._isFollowed = true;
            (Value, IsFollowing) = (before.Value, true);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            if (!_isFollowed && (_states.Stop ?? RestValue) is { } value)
            {
                Force(value);
            }
        }

        await base.DisposeAsync();
    }

    /// <summary>Sets it, as a command does, but not to come back to.</summary>
    /// <exception cref="IOException">The chip is gone, and once it is back this is what it is set to.</exception>
    protected void Apply(decimal value)
    {
        lock (Gate)
        {
            Force(value);
        }
    }

    /// <summary>Makes it so; under the lock.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    protected abstract void Drive(decimal value);

    /// <summary>Reads what a command says.</summary>
    /// <returns>Why it cannot be done; null if it can.</returns>
    protected abstract string? TryConvert(PointValue value, out decimal converted);

    // A command that fails is answered so and leaves nothing behind. What nobody is told of counts for a chip that comes back too.
    private void Force(decimal value)
    {
        Value = value;
        Drive(value);
    }
}
