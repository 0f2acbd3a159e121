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
    private const string Key = "output";

    /// <summary>Commands are rare, and what was commanded is not to be forgotten.</summary>
    private static readonly TimeSpan SaveWithin = TimeSpan.FromSeconds(10);

    private readonly IPointMemory? _memory;
    private readonly string _stop;
    private readonly decimal? _whenUplinkIsLost;
    private readonly TimeSpan _uplinkLossAfter;
    private bool _hasHeededLoss;

    protected GpioOutput(PointDefinition definition, DriverContext context)
        : base(definition)
    {
        var settings = definition.Settings;
        _memory = context.Memory;
        // Whoever opens the bus for one command leaves the outputs as they are.
        var start = _memory is null ? "keep" : settings.Get<string>("start");
        _stop = _memory is null ? "keep" : settings.Get<string>("stop");
        _whenUplinkIsLost = ValueOf(settings.Get<string>("on-uplink-loss"));
        _uplinkLossAfter = settings.Get<TimeSpan>("uplink-loss-after");
        Value = start == "last" ? _memory?.Load(definition, Key) ?? 0 : ValueOf(start);
    }

    /// <summary>Whether it has a state for the loss of the uplink.</summary>
    public bool HeedsUplink => _whenUplinkIsLost is not null;

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
    protected bool IsKept => _memory is not null;

    /// <summary>Whether what is written is a state to come back to.</summary>
    protected virtual bool IsLasting => true;

    public override WriteOutcome Write(PointValue value)
    {
        if (TryConvert(value, out var converted) is { } error)
        {
            return new WriteOutcome(error);
        }

        lock (Gate)
        {
            Set(converted);
        }

        if (IsLasting)
        {
            _memory?.Save(Definition, Key, converted, SaveWithin);
        }

        return WriteOutcome.Done;
    }

    /// <summary>Looks how long the uplink has been away.</summary>
    /// <returns>Whether the output has just taken the state for its loss. That happens once a loss: what is written later counts.</returns>
    /// <exception cref="IOException">The chip is gone.</exception>
    public bool HeedUplink(TimeSpan absence)
    {
        lock (Gate)
        {
            if (absence < _uplinkLossAfter)
            {
                _hasHeededLoss = false;
                return false;
            }

            if (_hasHeededLoss)
            {
                return false;
            }

            _hasHeededLoss = true;
            Set(_whenUplinkIsLost!.Value);
            return true;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            if ((ValueOf(_stop) ?? RestValue) is { } value)
            {
                Set(value);
            }
        }

        await base.DisposeAsync();
    }

    /// <summary>Sets it, as a command does, but not to come back to.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    protected void Apply(decimal value)
    {
        lock (Gate)
        {
            Set(value);
        }
    }

    /// <summary>Makes it so; under the lock.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    protected abstract void Drive(decimal value);

    /// <summary>Reads what a command says.</summary>
    /// <returns>Why it cannot be done; null if it can.</returns>
    protected abstract string? TryConvert(PointValue value, out decimal converted);

    private void Set(decimal value)
    {
        Drive(value);
        Value = value;
    }

    private decimal? ValueOf(string state) => state switch
    {
        "on" => On,
        "off" => 0,
        _ => null,
    };
}
