namespace Gateway.Abstractions.Buses;

/// <summary>A GPIO chip: lines that are numbered from zero, some of which have names.</summary>
public interface IGpioChip : IAsyncDisposable
{
    /// <summary>The offset of the line of that name; null if there is none.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    int? FindLine(string name);

    /// <summary>Takes lines; nobody else has them until the result is disposed.</summary>
    /// <param name="lines">Each line once; at least one.</param>
    /// <exception cref="IOException">A line is not there, or somebody else has it. The message says what to do.</exception>
    IGpioLines Request(IReadOnlyList<GpioLineSettings> lines);
}

/// <summary>Lines that were taken. Thread-safe. A value is true when the line is active.</summary>
public interface IGpioLines : IAsyncDisposable
{
    /// <summary>Now, on the clock of <see cref="GpioEdge.Uptime"/>.</summary>
    TimeSpan Uptime { get; }

    /// <summary>The state of one of the lines; of an output what was written last.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    bool Read(int line);

    /// <summary>Drives one of the outputs.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    void Write(int line, bool value);

    /// <summary>
    /// Waits for the next edges that were asked for, in their order per line. Edges wait in a buffer of limited size; what does not fit
    /// is counted in <see cref="GpioEdge.Missed"/>. One caller at a time.
    /// </summary>
    /// <returns>How many there are, at least one.</returns>
    /// <exception cref="IOException">The chip is gone.</exception>
    ValueTask<int> ReadEdgesAsync(Memory<GpioEdge> edges, CancellationToken cancellationToken);
}

/// <summary>A change of a line.</summary>
/// <param name="Line">The line's offset on its chip.</param>
/// <param name="Value">The state after the change: true is active.</param>
/// <param name="Time">When it changed, UTC.</param>
/// <param name="Uptime">When it changed, on a clock that nobody sets: since the machine was started.</param>
/// <param name="Missed">How many edges of this line were lost directly before this one.</param>
public readonly record struct GpioEdge(int Line, bool Value, DateTimeOffset Time, TimeSpan Uptime, int Missed);
