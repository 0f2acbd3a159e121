namespace Gateway.Abstractions.Buses;

/// <summary>A GPIO chip: lines that are numbered from zero, some of which have names.</summary>
public interface IGpioChip : IAsyncDisposable
{
    /// <summary>The offset of the line of that name; null if there is none.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    int? FindLine(string name);

    /// <summary>Takes lines; nobody else has them until the result is disposed.</summary>
    /// <param name="lines">Each line once.</param>
    /// <exception cref="IOException">
    /// The chip is gone; or a line that may not be left out is not there, or somebody else has it. The message says what to do.
    /// </exception>
    IGpioLines Request(IReadOnlyList<GpioLineSettings> lines);
}

/// <summary>Lines that were taken. Thread-safe. A value is true when the line is active.</summary>
public interface IGpioLines : IAsyncDisposable
{
    /// <summary>Now, on the clock of <see cref="GpioEdge.Uptime"/>.</summary>
    TimeSpan Uptime { get; }

    /// <summary>Lines of <see cref="GpioLineSettings.MayBePolled"/> that were taken without their edges. Default none.</summary>
    IReadOnlyList<int> Polled => [];

    /// <summary>Lines of <see cref="GpioLineSettings.MayBeLeftOut"/> that could not be had when the others were taken, and why. Default none.</summary>
    IReadOnlyDictionary<int, GpioLineFault> LeftOut => new Dictionary<int, GpioLineFault>();

    /// <summary>Takes one more line of the chip; the others stay as they are. Its edges come with theirs.</summary>
    /// <returns>Why it cannot be had; null if it was taken.</returns>
    /// <exception cref="IOException">The chip is gone, or the lines were given back.</exception>
    /// <exception cref="NotSupportedException">The chip cannot do that. Default.</exception>
    GpioLineFault? Add(GpioLineSettings line) => throw new NotSupportedException();

    /// <summary>Makes another of one of the lines; the others stay as they are, and no edge of theirs is lost.</summary>
    /// <param name="line">What it is to be; an output without an initial value keeps the level that the line has.</param>
    /// <returns>Why it cannot be so; null if it is.</returns>
    /// <exception cref="IOException">The chip is gone, or the lines were given back.</exception>
    /// <exception cref="NotSupportedException">The chip cannot do that. Default.</exception>
    GpioLineFault? Change(GpioLineSettings line) => throw new NotSupportedException();

    /// <summary>
    /// Gives one of the lines back; the others stay as they are, and no edge of theirs is lost. An output is left at its level, and what becomes
    /// of it then is the chip's affair. The line may be added again.
    /// </summary>
    /// <returns>
    /// Whether others may have it now. False: it was taken together with lines that stay, tells no edges from now on, and is free when those are
    /// given back too.
    /// </returns>
    /// <exception cref="IOException">The chip is gone, or the lines were given back.</exception>
    /// <exception cref="NotSupportedException">The chip cannot do that. Default.</exception>
    bool Release(int line) => throw new NotSupportedException();

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

/// <summary>Why a line cannot be had.</summary>
/// <param name="Reason">A short lower-case term of <see cref="BusReasons"/>, as it is published.</param>
/// <param name="Message">One sentence that says what to do.</param>
public sealed record GpioLineFault(string Reason, string Message);

/// <summary>A change of a line.</summary>
/// <param name="Line">The line's offset on its chip.</param>
/// <param name="Value">The state after the change: true is active.</param>
/// <param name="Time">When it changed, UTC.</param>
/// <param name="Uptime">When it changed, on a clock that nobody sets: since the machine was started.</param>
/// <param name="Missed">
/// How many edges of this line were lost directly before this one. Less than zero: so many that were told to be lost before were none of this line.
/// </param>
public readonly record struct GpioEdge(int Line, bool Value, DateTimeOffset Time, TimeSpan Uptime, int Missed);
