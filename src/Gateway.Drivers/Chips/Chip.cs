using Gateway.Abstractions;

namespace Gateway.Drivers.Chips;

/// <summary>
/// What a chip's datasheet says of reading it. Its members run on the thread of the bus; those that wait do so by telling for
/// how long, and the bus serves others meanwhile. A transfer that fails throws, and the chip is set up anew before the next.
/// </summary>
/// <typeparam name="TPort">The way to the chip.</typeparam>
internal abstract class Chip<TPort>
{
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
}
