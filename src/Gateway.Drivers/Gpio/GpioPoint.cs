using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Gpio;

/// <summary>A point of a valid GPIO map: its line, and what the line's edges mean. Counts are thread-safe.</summary>
internal sealed class GpioPoint
{
    private long _count;

    public GpioPoint(PointDefinition definition)
    {
        var settings = definition.Settings;
        Definition = definition;
        IsCounter = settings.TryGet<string>("count", out var counted);
        var isInput = settings.Get<string>("direction") == "input";
        Settings = new GpioLineSettings
        {
            Line = (int)settings.Get<long>("line"),
            Direction = isInput ? GpioDirection.Input : GpioDirection.Output,
            Bias = settings.Get<string>("bias") switch
            {
                "pull-up" => GpioBias.PullUp,
                "pull-down" => GpioBias.PullDown,
                "disabled" => GpioBias.Disabled,
                _ => GpioBias.AsIs,
            },
            IsActiveLow = settings.Get<string>("active") == "low",
            Debounce = settings.Get<TimeSpan>("debounce"),
            Edges = (isInput, counted) switch
            {
                (false, _) => GpioEdges.None,
                (true, "rising") => GpioEdges.Rising,
                (true, "falling") => GpioEdges.Falling,
                _ => GpioEdges.Both,
            },
        };
    }

    public PointDefinition Definition { get; }

    public GpioLineSettings Settings { get; }

    /// <summary>Whether the point's value is the number of its edges rather than the line's state.</summary>
    public bool IsCounter { get; }

    /// <summary>The edges so far, since the bus was opened.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Counts an edge, and those that were lost before it.</summary>
    public void Add(in GpioEdge edge) => Interlocked.Add(ref _count, 1L + edge.Missed);
}
