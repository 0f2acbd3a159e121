using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>
/// Which lines go into one request, and how the request says what each of them is for: flags that most have, and up to ten attributes
/// with a mask of the lines that they are for. Lines that need more attributes go into another request. Pure.
/// </summary>
/// <remarks>
/// The kernel takes back a request, never one of its lines. So each output has a request of its own: it can be given back while no other line
/// is touched. Inputs share requests, for the numbers that tell of lost edges, and as one thread waits for all of them.
/// </remarks>
internal static class RequestPlan
{
    /// <summary>Events that the kernel keeps for us: the most that it allows.</summary>
    private const uint EventBufferSize = 1024;

    /// <summary>
    /// Splits lines: inputs into as few requests as their attributes and the kernel's limits allow, in their order, then outputs. Levels are
    /// apart from lines that count: of an edge that never became an event the kernel tells the request only, and that of a level is to be laid to
    /// no counter. A counter that would be alone is with an output, or else with the levels, since the kernel would not tell of its lost edges.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<GpioLineSettings>> Split(IReadOnlyList<GpioLineSettings> lines)
    {
        var counters = lines.Where(line => line is { MayBePolled: false, Edges: not GpioEdges.None }).ToList();
        if (counters.Count == 1 && lines.FirstOrDefault(IsOutput) is { } companion)
        {
            counters.Add(companion);
        }

        var inputs = lines.Where(line => !IsOutput(line)).ToList();
        var parts = counters.Count > 1 ? [.. Pack(counters), .. Pack([.. inputs.Except(counters)])] : Pack(inputs);
        return [.. parts, .. lines.Where(IsOutput).Except(counters).Select(line => (IReadOnlyList<GpioLineSettings>)[line])];
    }

    /// <summary>The request for lines that fit into one.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="consumer">Who takes them, for others to see.</param>
    /// <param name="isDebouncedByKernel">Whether the kernel is asked to debounce; else lines that need it tell every edge.</param>
    public static gpio_v2_line_request Build(IReadOnlyList<GpioLineSettings> lines, string consumer, bool isDebouncedByKernel)
    {
        var request = new gpio_v2_line_request
        {
            num_lines = (uint)lines.Count,
            config = Configure(lines, isDebouncedByKernel, isFirst: true),
            event_buffer_size = lines.Any(line => line.Edges != GpioEdges.None) ? EventBufferSize : 0,
        };
        GpioName.Write(consumer, request.consumer);
        for (var i = 0; i < lines.Count; i++)
        {
            request.offsets[i] = (uint)lines[i].Line;
        }

        return request;
    }

    /// <summary>The configuration of lines that were taken, once the initial values of all outputs are known.</summary>
    public static gpio_v2_line_config Configure(IReadOnlyList<GpioLineSettings> lines, bool isDebouncedByKernel) =>
        Configure(lines, isDebouncedByKernel, isFirst: false);

    /// <summary>Whether one request has room for what all of the lines are for.</summary>
    public static bool Fits(IReadOnlyList<GpioLineSettings> lines) => AttributesOf(lines) <= GpioCdev.GPIO_V2_LINE_NUM_ATTRS_MAX;

    private static List<IReadOnlyList<GpioLineSettings>> Pack(IReadOnlyList<GpioLineSettings> lines)
    {
        var requests = new List<List<GpioLineSettings>>();
        foreach (var line in lines)
        {
            var request = requests.Find(some => some.Count < GpioCdev.GPIO_V2_LINES_MAX && Fits([.. some, line]));
            if (request is null)
            {
                requests.Add([line]);
            }
            else
            {
                request.Add(line);
            }
        }

        return [.. requests];
    }

    private static gpio_v2_line_config Configure(IReadOnlyList<GpioLineSettings> lines, bool isDebouncedByKernel, bool isFirst)
    {
        var flags = lines.Select(line => FlagsOf(line, isDebouncedByKernel, isFirst)).ToList();
        var config = new gpio_v2_line_config { flags = flags.CountBy(each => each).MaxBy(pair => pair.Value).Key };
        foreach (var other in flags.Distinct().Where(each => each != config.flags))
        {
            Add(ref config, new() { id = GpioCdev.GPIO_V2_LINE_ATTR_ID_FLAGS, flags = other }, MaskOf(flags, each => each == other));
        }

        if (MaskOf(lines, IsOutput) is var outputs and not 0)
        {
            Add(ref config, new() { id = GpioCdev.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, values = MaskOf(lines, line => IsOutput(line) && line.InitialValue == true) }, outputs);
        }

        foreach (var period in isDebouncedByKernel ? Debounces(lines) : [])
        {
            Add(
                ref config,
                new() { id = GpioCdev.GPIO_V2_LINE_ATTR_ID_DEBOUNCE, debounce_period_us = (uint)(period.Ticks / TimeSpan.TicksPerMicrosecond) },
                MaskOf(lines, line => line.Debounce == period && !IsOutput(line)));
        }

        return config;
    }

    private static int AttributesOf(IReadOnlyList<GpioLineSettings> lines)
    {
        var first = lines.Select(line => FlagsOf(line, isDebouncedByKernel: false, isFirst: true)).Distinct().Count();
        var later = lines.Select(line => FlagsOf(line, isDebouncedByKernel: true, isFirst: false)).Distinct().Count();
        return Math.Max(first, later) - 1 + (lines.Any(IsOutput) ? 1 : 0) + Debounces(lines).Count();
    }

    private static void Add(ref gpio_v2_line_config config, gpio_v2_line_attribute attribute, ulong mask)
    {
        config.attrs[(int)config.num_attrs] = new() { attr = attribute, mask = mask };
        config.num_attrs++;
    }

    private static IEnumerable<TimeSpan> Debounces(IReadOnlyList<GpioLineSettings> lines) =>
        lines.Where(line => !IsOutput(line) && line.Debounce > TimeSpan.Zero).Select(line => line.Debounce).Distinct();

    private static bool IsOutput(GpioLineSettings line) => line.Direction == GpioDirection.Output;

    private static ulong MaskOf<T>(IReadOnlyList<T> lines, Func<T, bool> condition)
    {
        var mask = 0UL;
        for (var i = 0; i < lines.Count; i++)
        {
            mask |= condition(lines[i]) ? 1UL << i : 0;
        }

        return mask;
    }

    private static ulong FlagsOf(GpioLineSettings line, bool isDebouncedByKernel, bool isFirst)
    {
        var flags = line.IsActiveLow ? GpioCdev.GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0;
        if (IsOutput(line))
        {
            // Without a direction the line stays as it is, so that its level can be read before it is driven.
            return isFirst && line.InitialValue is null ? flags : flags | GpioCdev.GPIO_V2_LINE_FLAG_OUTPUT;
        }

        flags |= GpioCdev.GPIO_V2_LINE_FLAG_INPUT | line.Bias switch
        {
            GpioBias.PullUp => GpioCdev.GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
            GpioBias.PullDown => GpioCdev.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
            GpioBias.Disabled => GpioCdev.GPIO_V2_LINE_FLAG_BIAS_DISABLED,
            _ => 0,
        };
        var edges = line.Debounce > TimeSpan.Zero && !isDebouncedByKernel && line.Edges != GpioEdges.None ? GpioEdges.Both : line.Edges;
        flags |= edges.HasFlag(GpioEdges.Rising) ? GpioCdev.GPIO_V2_LINE_FLAG_EDGE_RISING : 0;
        return flags | (edges.HasFlag(GpioEdges.Falling) ? GpioCdev.GPIO_V2_LINE_FLAG_EDGE_FALLING : 0);
    }
}
