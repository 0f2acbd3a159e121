using Gateway.Abstractions;

namespace Gateway.Drivers.Chips;

/// <summary>
/// What a chip's datasheet says of reading it. Its members run on the thread of the bus; those that wait do so by telling for
/// how long, and the bus serves others meanwhile. A transfer that fails throws, and the chip is set up anew before the next.
/// </summary>
/// <typeparam name="TPort">The way to the chip.</typeparam>
internal abstract class Chip<TPort>
{
    /// <summary>Whether a call may block for as long as a measurement takes, so that the chip has a thread of its own.</summary>
    public virtual bool MayBlock => false;

    /// <summary>Whether it drives something that has a state for the stop.</summary>
    public virtual bool HasOutputs => false;

    /// <summary>Whether it drives something that has a state for the loss of the uplink.</summary>
    public virtual bool HeedsUplink => false;

    /// <summary>Makes sure that it is the chip, and sets it up: before the first read and after each fault.</summary>
    /// <returns>How long to wait before it goes on.</returns>
    public virtual IEnumerable<TimeSpan> SetUp(TPort port) => [];

    /// <summary>Measures and reads.</summary>
    /// <param name="port">The way to the chip.</param>
    /// <param name="asked">The fields that are wanted; a chip may give others too.</param>
    /// <param name="values">Takes them.</param>
    /// <returns>How long to wait before it goes on.</returns>
    public abstract IEnumerable<TimeSpan> Measure(TPort port, IReadOnlyList<int> asked, ChipValues values);

    /// <summary>Writes a field.</summary>
    /// <returns>Null, or why the value does not suit it.</returns>
    public virtual string? Write(TPort port, int field, PointValue value) => throw new NotSupportedException("Validate says that the chip has nothing to write.");

    /// <summary>Gives its outputs their states for the stop.</summary>
    public virtual void LetGo(TPort port)
    {
    }

    /// <summary>
    /// Takes the outputs over, with their levels, from the chip of before, of whose points some are others now. Those that it does not take are
    /// left to <see cref="LetGo"/> of that one. Called before it is set up.
    /// </summary>
    public virtual void Follow(Chip<TPort> before)
    {
    }

    /// <summary>Looks how long the uplink has been away. What that means for its outputs counts from now on, also when it is set up.</summary>
    /// <returns>Whether <see cref="HeedUplinkLoss"/> is to be called.</returns>
    public virtual bool IsUplinkLossOwed(TimeSpan absence) => false;

    /// <summary>Gives its outputs their states for the loss of the uplink.</summary>
    /// <returns>The fields that have become others.</returns>
    public virtual IReadOnlyList<int> HeedUplinkLoss(TPort port) => [];

    /// <summary>How long until the next pulse of an output is over, not more than zero if one is; null: none is under way.</summary>
    public virtual TimeSpan? PulseLeft => null;

    /// <summary>Ends the pulses that are over. Those that are over when the chip is set up do not begin again.</summary>
    /// <returns>The fields that have become others.</returns>
    public virtual IReadOnlyList<int> EndPulses(TPort port) => [];
}
