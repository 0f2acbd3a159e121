using System.Runtime.InteropServices;
using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>
/// Up to 64 lines that were taken together. Values from any thread; events belong to the thread that waits for them.
/// </summary>
internal sealed class LineRequest : IDisposable
{
    private const int EventsPerRead = 64;
    private const int NanosecondsPerTick = 100;

    private readonly IGpioCalls _calls;
    private readonly string _chip;
    private readonly SafeFileDescriptor _fd;
    private readonly EventClock _clock;
    private readonly Dictionary<int, RequestedLine> _lines;
    private readonly EdgeNumbers? _numbers;

    private LineRequest(GpioChipFile chip, IGpioCalls calls, TimeProvider timeProvider, SafeFileDescriptor fd, IEnumerable<RequestedLine> lines)
    {
        (_chip, _calls, _fd) = (chip.Info.Name, calls, fd);
        _clock = new EventClock(timeProvider, () => calls.Monotonic);
        _lines = lines.ToDictionary(line => line.Settings.Line);
        HasEvents = _lines.Values.Any(line => line.Settings.Edges != GpioEdges.None);
        _numbers = _lines.Count > 1 ? new EdgeNumbers() : null;
    }

    /// <summary>The most events that one call of <see cref="ReadEvents"/> brings.</summary>
    public static int MaxEvents => EventsPerRead;

    public bool HasEvents { get; }

    /// <summary>For <c>poll</c>; the caller keeps this object alive meanwhile.</summary>
    public int Descriptor => _fd.Number;

    public IEnumerable<int> Lines => _lines.Keys;

    /// <summary>Takes lines that fit into one request.</summary>
    /// <exception cref="LinuxException">A line is taken already, or cannot be used as asked.</exception>
    public static LineRequest Take(GpioChipFile chip, IReadOnlyList<GpioLineSettings> lines, string consumer, IGpioCalls calls, TimeProvider timeProvider)
    {
        var isDebounced = lines.Any(line => line.Debounce > TimeSpan.Zero && line.Direction == GpioDirection.Input);
        var isByKernel = isDebounced;
        var fd = Take(chip, lines, consumer, isByKernel, out var errno);
        if (isDebounced && errno is not (0 or Errno.EBUSY or Errno.ENODEV))
        {
            // A chip whose driver cannot debounce, and whose lines the kernel cannot.
            isByKernel = false;
            fd = Take(chip, lines, consumer, isByKernel, out errno);
        }

        if (errno != 0)
        {
            throw Explain(chip, lines, errno);
        }

        var taken = lines.Select((line, i) => new RequestedLine(line, i) { IsDebouncedHere = line.Debounce > TimeSpan.Zero && !isByKernel && line.Direction == GpioDirection.Input });
        var request = new LineRequest(chip, calls, timeProvider, new SafeFileDescriptor(fd), taken);
        try
        {
            request.Begin(lines, isByKernel);
            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    /// <exception cref="LinuxException">The chip is gone.</exception>
    public bool Read(int line)
    {
        var requested = _lines[line];
        return requested.IsDebouncedHere ? requested.Steady : GetValue(requested);
    }

    /// <exception cref="LinuxException">The chip is gone.</exception>
    public void Write(int line, bool value)
    {
        var bit = _lines[line].Bit;
        var values = new gpio_v2_line_values { bits = value ? bit : 0, mask = bit };
        Check(_calls.SetValues(_fd, ref values));
    }

    /// <summary>Reads events that are there; at least one must be. What comes of them goes to the list.</summary>
    /// <exception cref="LinuxException">The chip is gone.</exception>
    public unsafe void ReadEvents(List<GpioEdge> edges)
    {
        var events = stackalloc gpio_v2_line_event[EventsPerRead];
        var bytes = Libc.read(_fd, (byte*)events, (nuint)(EventsPerRead * sizeof(gpio_v2_line_event)));
        if (bytes <= 0)
        {
            var errno = bytes < 0 ? Marshal.GetLastPInvokeError() : Errno.ENODEV;
            if (errno is not (Errno.EINTR or Errno.EAGAIN))
            {
                throw GpioErrors.Gone(_chip, errno);
            }

            return;
        }

        _clock.Synchronise();
        foreach (ref readonly var happened in new ReadOnlySpan<gpio_v2_line_event>(events, (int)bytes / sizeof(gpio_v2_line_event)))
        {
            Take(happened, edges);
        }
    }

    /// <summary>
    /// Adds the edges of lines that have been steady for long enough by now, and finds those that were lost; answers when to look again.
    /// </summary>
    /// <exception cref="LinuxException">The chip is gone.</exception>
    public long? Settle(List<GpioEdge> edges)
    {
        long? next = null;
        if (_numbers?.Settle(_calls.Monotonic, out next) is { } lost)
        {
            _lines[lost.Line].Lost += lost.Count;
        }

        foreach (var line in _lines.Values)
        {
            if (line.SteadyAt is { } due && due <= _calls.Monotonic)
            {
                line.SteadyAt = null;
                Settle(line, due, edges);
            }

            next = line.SteadyAt is { } other && (next is null || other < next) ? other : next;
        }

        return next;
    }

    public void Dispose() => _fd.Dispose();

    private static int Take(GpioChipFile chip, IReadOnlyList<GpioLineSettings> lines, string consumer, bool isDebouncedByKernel, out int errno)
    {
        var request = RequestPlan.Build(lines, consumer, isDebouncedByKernel);
        errno = chip.Request(ref request);
        return errno == 0 ? request.fd : -1;
    }

    private static LinuxException Explain(GpioChipFile chip, IReadOnlyList<GpioLineSettings> lines, int errno)
    {
        switch (errno)
        {
            case Errno.ENODEV:
                return GpioErrors.Gone(chip.Info.Name, errno);
            case Errno.ENOTTY:
                return GpioErrors.TooOld(chip.Info.Path, errno);
            case Errno.EBUSY:
                var busy = lines.Select(line => chip.GetLine(line.Line)).FirstOrDefault(line => line.IsUsed);
                return GpioErrors.Busy(chip.Info.Name, busy?.Offset ?? lines[0].Line, busy?.Consumer ?? "");
            default:
                return GpioErrors.Refused(chip.Info.Name, lines.Select(line => line.Line), errno);
        }
    }

    // Outputs that keep their level are driven once it is known; lines that are debounced here begin with what they are.
    private void Begin(IReadOnlyList<GpioLineSettings> lines, bool isDebouncedByKernel)
    {
        if (lines.Any(line => line is { Direction: GpioDirection.Output, InitialValue: null }))
        {
            GpioLineSettings[] known = [.. lines.Select(line => line.InitialValue is null ? line with { InitialValue = GetValue(_lines[line.Line]) } : line)];
            var config = RequestPlan.Configure(known, isDebouncedByKernel);
            Check(_calls.SetConfig(_fd, ref config));
        }

        foreach (var line in _lines.Values.Where(line => line.IsDebouncedHere))
        {
            line.Steady = GetValue(line);
        }
    }

    private bool GetValue(RequestedLine line)
    {
        var values = new gpio_v2_line_values { mask = line.Bit };
        Check(_calls.GetValues(_fd, ref values));
        return (values.bits & line.Bit) != 0;
    }

    private void Take(in gpio_v2_line_event happened, List<GpioEdge> edges)
    {
        if (!_lines.TryGetValue((int)happened.offset, out var line))
        {
            return;
        }

        var missed = line.MissedBefore(happened.line_seqno);
        _numbers?.Take(happened.seqno, line.Settings.Line, missed, _calls.Monotonic);
        (missed, line.Lost) = (missed + line.Lost, 0);
        if (line.IsDebouncedHere)
        {
            line.SteadyAt = (long)happened.timestamp_ns + (line.Settings.Debounce.Ticks * NanosecondsPerTick);
        }
        else
        {
            edges.Add(Edge(line, happened.id == GpioCdev.GPIO_V2_LINE_EVENT_RISING_EDGE, (long)happened.timestamp_ns, missed));
        }
    }

    private void Settle(RequestedLine line, long due, List<GpioEdge> edges)
    {
        var value = GetValue(line);
        if (value == line.Steady)
        {
            return;
        }

        line.Steady = value;
        if (line.Settings.Edges.HasFlag(value ? GpioEdges.Rising : GpioEdges.Falling))
        {
            _clock.Synchronise();
            edges.Add(Edge(line, value, due, missed: 0));
        }
    }

    private GpioEdge Edge(RequestedLine line, bool value, long nanoseconds, int missed) =>
        new(line.Settings.Line, value, _clock.ToUtc(nanoseconds), TimeSpan.FromTicks(nanoseconds / NanosecondsPerTick), missed);

    private void Check(int errno)
    {
        if (errno != 0)
        {
            throw GpioErrors.Gone(_chip, errno);
        }
    }
}
