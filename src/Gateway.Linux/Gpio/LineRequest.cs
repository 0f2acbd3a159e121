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
    private readonly GpioChipFile _chip;
    private readonly SafeFileDescriptor _fd;
    private readonly EventClock _clock;
    private readonly Lock _writing = new();
    private readonly HashSet<int> _released = [];
    private volatile Dictionary<int, RequestedLine> _lines;
    private readonly EdgeNumbers? _numbers;

    private LineRequest(GpioChipFile chip, IGpioCalls calls, TimeProvider timeProvider, SafeFileDescriptor fd, IEnumerable<RequestedLine> lines)
    {
        (_chip, _calls, _fd) = (chip, calls, fd);
        _clock = new EventClock(timeProvider, () => calls.Monotonic);
        _lines = lines.ToDictionary(line => line.Settings.Line);
        _numbers = _lines.Count > 1 ? new EdgeNumbers() : null;
    }

    /// <summary>The most events that one call of <see cref="ReadEvents"/> brings.</summary>
    public static int MaxEvents => EventsPerRead;

    public bool HasEvents => _lines.Values.Any(line => line.Settings.Edges != GpioEdges.None);

    /// <summary>For <c>poll</c>; the caller keeps this object alive meanwhile.</summary>
    public int Descriptor => _fd.Number;

    /// <summary>The lines that are in use.</summary>
    public IEnumerable<int> Lines => _lines.Keys.Except(_released);

    /// <summary>Lines that were to tell their edges, and cannot.</summary>
    public IEnumerable<int> Polled => _lines.Values.Where(line => line.Settings is { MayBePolled: true, Edges: GpioEdges.None }).Select(line => line.Settings.Line);

    /// <summary>Takes lines that fit into one request.</summary>
    /// <returns>Null if the kernel refuses.</returns>
    /// <exception cref="LinuxException">The chip is gone.</exception>
    public static LineRequest? Take(
        GpioChipFile chip, IReadOnlyList<GpioLineSettings> lines, string consumer, IGpioCalls calls, TimeProvider timeProvider, out LineRefusal? refusal)
    {
        var fd = Take(chip, lines, consumer, out var isByKernel, out var errno);
        if (errno is Errno.ENXIO or Errno.ENODEV && lines.Any(line => line.MayBePolled))
        {
            // A chip without interrupts: an expander whose INT is not wired. Kernels before 5.17 answer as if the chip were gone.
            var polled = lines.Select(line => line.MayBePolled ? line with { Edges = GpioEdges.None, Debounce = TimeSpan.Zero } : line).ToList();
            fd = Take(chip, polled, consumer, out isByKernel, out var withoutEdges);
            (lines, errno) = withoutEdges == 0 ? (polled, 0) : (lines, errno);
        }

        refusal = errno == 0 ? null : Explain(chip, lines, errno);
        if (refusal is not null)
        {
            return null;
        }

        var taken = lines.Select((line, i) => new RequestedLine(line, i) { IsDebouncedHere = IsDebounced(line) && !isByKernel });
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
        lock (_writing)
        {
            var bit = _lines[line].Bit;
            var values = new gpio_v2_line_values { bits = value ? bit : 0, mask = bit };
            Check(_calls.SetValues(_fd, ref values));
        }
    }

    /// <summary>Makes another of one of the lines. The kernel is told what all are for, and leaves those alone that are the same.</summary>
    /// <returns>Why it cannot be so; null if it is.</returns>
    /// <exception cref="LinuxException">The chip is gone.</exception>
    public LineRefusal? Change(GpioLineSettings line)
    {
        // Nobody writes between the reading of the outputs' levels and their being set so.
        lock (_writing)
        {
            var errno = TryChange(line);
            errno = errno is Errno.ENXIO or Errno.ENODEV && line.MayBePolled ? TryChange(line with { Edges = GpioEdges.None, Debounce = TimeSpan.Zero }) : errno;
            if (errno == 0)
            {
                _released.Remove(line.Line);
                return null;
            }

            return Explain(_chip, [line], errno);
        }
    }

    /// <summary>
    /// Has one of the lines no longer in use. The kernel cannot take it back alone: an input tells no edges from now on, an output stays as it is, since
    /// making an input of it might change its level.
    /// </summary>
    /// <returns>Whether it was the last, so that the request is to be disposed.</returns>
    /// <exception cref="LinuxException">The chip is gone.</exception>
    public bool Release(int line)
    {
        lock (_writing)
        {
            _released.Add(line);
            if (_released.Count == _lines.Count)
            {
                return true;
            }

            var settings = _lines[line].Settings;
            if (settings.Edges != GpioEdges.None && TryChange(settings with { Edges = GpioEdges.None, Debounce = TimeSpan.Zero }) == Errno.ENODEV)
            {
                throw GpioErrors.Gone(_chip.Info.Name, Errno.ENODEV);
            }

            return false;
        }
    }

    /// <summary>Whether the line is in the request, and not in use.</summary>
    public bool Holds(int line) => _released.Contains(line);

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
                throw GpioErrors.Gone(_chip.Info.Name, errno);
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
    /// <param name="edges">Takes them.</param>
    /// <param name="now">Nanoseconds on CLOCK_MONOTONIC; what happened until then was read.</param>
    /// <exception cref="LinuxException">The chip is gone.</exception>
    public long? Settle(List<GpioEdge> edges, long now)
    {
        long? next = null;
        if (_numbers?.Settle(now, out next) is { } lost)
        {
            _lines[lost.Line].Lost += lost.Count;
        }

        foreach (var line in _lines.Values)
        {
            if (line.SteadyAt is { } due && due <= now)
            {
                line.SteadyAt = null;
                Settle(line, due, edges);
            }

            next = line.SteadyAt is { } other && (next is null || other < next) ? other : next;
        }

        return next;
    }

    public void Dispose() => _fd.Dispose();

    private int TryChange(GpioLineSettings changed)
    {
        var before = _lines.Values.OrderBy(line => line.Index).ToList();
        GpioLineSettings[] lines = [.. before.Select(line => KnowLevel(line, line.Settings.Line == changed.Line ? changed : line.Settings with { InitialValue = null }))];
        if (!RequestPlan.Fits(lines))
        {
            return Errno.EINVAL;
        }

        var isByKernel = lines.Any(IsDebounced);
        var errno = SetConfig(lines, isByKernel);
        if (isByKernel && errno is not (0 or Errno.ENODEV))
        {
            isByKernel = false;
            errno = SetConfig(lines, isByKernel);
        }

        if (errno == 0)
        {
            TakeUp(before, lines, isByKernel);
        }

        return errno;
    }

    private int SetConfig(GpioLineSettings[] lines, bool isDebouncedByKernel)
    {
        var config = RequestPlan.Configure(lines, isDebouncedByKernel);
        return _calls.SetConfig(_fd, ref config);
    }

    private void TakeUp(List<RequestedLine> before, GpioLineSettings[] lines, bool isByKernel)
    {
        var now = new Dictionary<int, RequestedLine>();
        foreach (var (line, settings) in before.Zip(lines))
        {
            var isDebouncedHere = IsDebounced(settings) && !isByKernel;
            var isSame = line.IsDebouncedHere == isDebouncedHere && line.Settings with { InitialValue = settings.InitialValue } == settings;
            var taken = now[settings.Line] = isSame ? line : line.With(settings, isDebouncedHere);
            if (taken != line && isDebouncedHere)
            {
                taken.Steady = GetValue(taken);
            }
        }

        _lines = now;
    }

    private GpioLineSettings KnowLevel(RequestedLine line, GpioLineSettings settings) =>
        settings is { Direction: GpioDirection.Output, InitialValue: null } ? settings with { InitialValue = GetValue(line) } : settings;

    private static bool IsDebounced(GpioLineSettings line) => line.Debounce > TimeSpan.Zero && line.Direction == GpioDirection.Input;

    private static int Take(GpioChipFile chip, IReadOnlyList<GpioLineSettings> lines, string consumer, out bool isDebouncedByKernel, out int errno)
    {
        isDebouncedByKernel = lines.Any(IsDebounced);
        var fd = Take(chip, lines, consumer, isDebouncedByKernel, out errno);
        if (!isDebouncedByKernel || errno is 0 or Errno.EBUSY or Errno.ENODEV)
        {
            return fd;
        }

        // A chip whose driver cannot debounce, and whose lines the kernel cannot.
        isDebouncedByKernel = false;
        return Take(chip, lines, consumer, isDebouncedByKernel, out errno);
    }

    private static int Take(GpioChipFile chip, IReadOnlyList<GpioLineSettings> lines, string consumer, bool isDebouncedByKernel, out int errno)
    {
        var request = RequestPlan.Build(lines, consumer, isDebouncedByKernel);
        errno = chip.Request(ref request);
        return errno == 0 ? request.fd : -1;
    }

    private static LineRefusal Explain(GpioChipFile chip, IReadOnlyList<GpioLineSettings> lines, int errno)
    {
        var name = chip.Info.Name;
        switch (errno)
        {
            case Errno.ENOTTY:
                throw GpioErrors.TooOld(chip.Info.Path, errno);
            case Errno.EBUSY:
                var busy = lines.Select(line => chip.GetLine(line.Line)).FirstOrDefault(line => line.IsUsed);
                var fault = GpioErrors.Busy(name, busy?.Offset ?? lines[0].Line, busy?.Consumer ?? "");
                return new LineRefusal(BusReasons.Busy, fault, busy is null ? [] : [busy.Offset]);
            case Errno.ENXIO or Errno.ENODEV when IsThere(chip, lines[0].Line) && lines.Any(IsCounting):
                int[] counting = [.. lines.Where(IsCounting).Select(line => line.Line)];
                return new LineRefusal(BusReasons.NoInterrupts, GpioErrors.NoInterrupts(name, counting, errno), counting.Length == 1 ? counting : []);
            case Errno.ENODEV:
                throw GpioErrors.Gone(name, errno);
            default:
                return new LineRefusal(BusReasons.NotSupported, GpioErrors.Refused(name, lines.Select(line => line.Line), errno), []);
        }
    }

    private static bool IsCounting(GpioLineSettings line) => line.Edges != GpioEdges.None && !line.MayBePolled;

    // Throws where the chip is gone: kernels before 5.17 answer ENODEV for both.
    private static bool IsThere(GpioChipFile chip, int line) => chip.GetLine(line) is not null;

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
        foreach (var (wrong, count) in _numbers?.Take(happened.seqno, line.Settings.Line, missed, _calls.Monotonic) ?? [])
        {
            _lines[wrong].Lost -= count;
        }

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
            throw GpioErrors.Gone(_chip.Info.Name, errno);
        }
    }
}
