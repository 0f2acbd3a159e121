using System.Globalization;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// A line of the map with the points that are made of it: what is asked of the chip for all of them, and the way to the line while
/// the bus has it. Values from any thread.
/// </summary>
/// <param name="name">The line's offset or name, as the map has it.</param>
/// <param name="points">At least one; several of inputs only.</param>
internal sealed class GpioLine(string name, IReadOnlyList<GpioPoint> points)
{
    private volatile Taken? _taken;
    private volatile GpioLineFault? _leftOut;

    public string Name => name;

    public IReadOnlyList<GpioPoint> Points => points;

    /// <summary>The edges that the chip tells: those that mean something to one of the points.</summary>
    public GpioEdges Edges { get; } =
        points.Aggregate(GpioEdges.None, (edges, point) => edges | GpioSettings.LineOf(point.Definition.Settings).Edges);

    /// <summary>Why the bus, which has its other lines, does not have this one; null: it has it, or has none.</summary>
    public GpioLineFault? LeftOut => _leftOut;

    /// <summary>Now, on the clock of the edges.</summary>
    /// <exception cref="IOException">The bus does not have the line.</exception>
    public TimeSpan Uptime => Current.Lines.Uptime;

    private Taken Current => _taken ?? throw new IOException("The line is not there at present.");

    /// <summary>What to ask of a chip; null if it has no line of that name.</summary>
    /// <exception cref="IOException">The chip is gone.</exception>
    public GpioLineSettings? Resolve(IGpioChip chip)
    {
        int? line = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : chip.FindLine(name);
        return line is null ? null : GpioSettings.LineOf(points[0].Definition.Settings) with
        {
            Line = line.Value,
            Edges = Edges,
            MayBePolled = points.All(point => point is LevelInput),
            MayBeLeftOut = true,
            InitialValue = points[0] is GpioOutput output ? output.InitialLevel : null,
        };
    }

    public void Attach(IGpioLines lines, int offset)
    {
        _taken = new Taken(lines, offset);
        _leftOut = null;
    }

    /// <summary>Takes the place of a line of the same name, of which other points were made.</summary>
    public void Follow(GpioLine before)
    {
        _taken = before._taken;
        _leftOut = before._leftOut;
    }

    public void LeaveOut(GpioLineFault fault)
    {
        _taken = null;
        _leftOut = fault;
    }

    public void Detach()
    {
        _taken = null;
        _leftOut = null;
    }

    /// <exception cref="IOException">The chip is gone, or the bus does not have the line.</exception>
    public bool Read()
    {
        var taken = Current;
        return taken.Lines.Read(taken.Offset);
    }

    /// <exception cref="IOException">The chip is gone, or the bus does not have the line.</exception>
    public void Write(bool value)
    {
        var taken = Current;
        taken.Lines.Write(taken.Offset, value);
    }

    private sealed record Taken(IGpioLines Lines, int Offset);
}
