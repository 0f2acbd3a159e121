namespace Gateway.Abstractions.Buses;

/// <summary>Who drives a line.</summary>
public enum GpioDirection
{
    /// <summary>The world.</summary>
    Input,

    /// <summary>The gateway.</summary>
    Output,
}

/// <summary>What holds an input that nothing drives.</summary>
public enum GpioBias
{
    /// <summary>As it was found.</summary>
    AsIs,

    /// <summary>A resistor to the supply.</summary>
    PullUp,

    /// <summary>A resistor to ground.</summary>
    PullDown,

    /// <summary>Nothing.</summary>
    Disabled,
}

/// <summary>Changes of a line that are told. Rising is from inactive to active.</summary>
[Flags]
public enum GpioEdges
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>From inactive to active.</summary>
    Rising = 1,

    /// <summary>From active to inactive.</summary>
    Falling = 2,

    /// <summary>Every change.</summary>
    Both = Rising | Falling,
}

/// <summary>How a line is used. Immutable.</summary>
public sealed record GpioLineSettings
{
    /// <summary>The line's offset on its chip, from zero.</summary>
    public required int Line { get; init; }

    /// <summary>Default input.</summary>
    public GpioDirection Direction { get; init; }

    /// <summary>Of an input. Default as it was found.</summary>
    public GpioBias Bias { get; init; }

    /// <summary>Whether a low level is the active one. Default false.</summary>
    public bool IsActiveLow { get; init; }

    /// <summary>How long an input must be steady before a change of it counts. Default zero.</summary>
    public TimeSpan Debounce { get; init; }

    /// <summary>The changes of an input that <see cref="IGpioLines.ReadEdgesAsync"/> tells. Default none.</summary>
    public GpioEdges Edges { get; init; }

    /// <summary>Whether the line may be taken without its edges where the chip has no interrupts: it is read at its interval then. Default false.</summary>
    public bool MayBePolled { get; init; }

    /// <summary>Whether the others may be taken without the line where it cannot be had: see <see cref="IGpioLines.LeftOut"/>. Default false.</summary>
    public bool MayBeLeftOut { get; init; }

    /// <summary>What an output begins with: true is active; null: the level that the line has. Default inactive.</summary>
    public bool? InitialValue { get; init; } = false;
}
