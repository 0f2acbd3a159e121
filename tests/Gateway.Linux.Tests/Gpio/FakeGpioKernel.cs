using System.Runtime.InteropServices;
using System.Text;
using Gateway.Linux.Gpio;
using Gateway.Linux.Interop;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Gpio;

/// <summary>
/// Chips in software behind the kernel's calls. Events go through a real pipe, so that <c>poll</c> and <c>read</c> are those of the kernel.
/// CLOCK_MONOTONIC is the manual clock.
/// </summary>
internal sealed partial class FakeGpioKernel(ManualTimeProvider clock) : IGpioCalls, IDisposable
{
    private const int ENOTSUPP = 524;
    private const ulong Edges = GpioCdev.GPIO_V2_LINE_FLAG_EDGE_RISING | GpioCdev.GPIO_V2_LINE_FLAG_EDGE_FALLING;

    private readonly Lock _gate = new();
    private readonly List<FakeChip> _chips = [];
    private readonly List<FakeRequest> _requests = [];
    private readonly Dictionary<SafeFileDescriptor, FakeChip> _open = [];

    public long Monotonic => clock.GetTimestamp() * 100;

    /// <summary>What a chip with a driver that cannot debounce answers.</summary>
    public bool RefusesDebounce { get; set; }

    /// <summary>What a chip without interrupts answers to a request for edges; 0: it has them.</summary>
    public int EdgesErrno { get; set; }

    /// <summary>Lines that no request may have, whichever asks.</summary>
    public HashSet<int> Unusable { get; } = [];

    /// <summary>The requests so far, the last at the end.</summary>
    public IReadOnlyList<FakeRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    public FakeChip Add(string name, string label, int lines, int openErrno = 0)
    {
        var chip = new FakeChip(name, label, lines, openErrno);
        _chips.Add(chip);
        return chip;
    }

    /// <summary>An event of a line as the kernel would put it: levels are physical, the event is by the active level.</summary>
    public void Raise(int line, bool isHigh, long? at = null)
    {
        // Outside the lock: a pipe that is full makes us wait.
        var request = Requests.Last(each => !each.IsClosed && !each.IsGivenBack && each.Offsets.Contains(line));
        request.Chip.Levels[line] = isHigh;
        request.Raise(line, isHigh, at ?? Monotonic);
    }

    /// <summary>The chip is pulled.</summary>
    public void Remove(FakeChip chip)
    {
        lock (_gate)
        {
            _chips.Remove(chip);
            chip.IsGone = true;
            foreach (var request in _requests.Where(request => request.Chip == chip))
            {
                request.HangUp();
            }
        }
    }

    public IReadOnlyList<string> List() => [.. _chips.Select(chip => $"/dev/{chip.Name}")];

    public int Open(string path, out SafeFileDescriptor fd)
    {
        var chip = _chips.Find(each => $"/dev/{each.Name}" == path);
        var errno = chip?.OpenErrno ?? Errno.ENOENT;
        fd = new SafeFileDescriptor(errno == 0 ? Libc.open("/dev/null", Libc.O_RDWR) : -1);
        if (errno == 0)
        {
            _open[fd] = chip!;
        }

        return errno;
    }

    public int GetChipInfo(SafeFileDescriptor chip, ref gpiochip_info info)
    {
        Encoding.ASCII.GetBytes(_open[chip].Name, info.name);
        Encoding.ASCII.GetBytes(_open[chip].Label, info.label);
        info.lines = (uint)_open[chip].Levels.Length;
        return 0;
    }

    public int GetLineInfo(SafeFileDescriptor chip, ref gpio_v2_line_info info)
    {
        var found = _open[chip];
        var line = (int)info.offset;
        if (found.IsGone)
        {
            return Errno.ENODEV;
        }

        if (line >= found.Levels.Length)
        {
            return Errno.EINVAL;
        }

        Encoding.ASCII.GetBytes(found.Names.GetValueOrDefault(line, ""), info.name);
        if (found.Consumers.TryGetValue(line, out var consumer))
        {
            Encoding.ASCII.GetBytes(consumer, info.consumer);
            info.flags |= GpioCdev.GPIO_V2_LINE_FLAG_USED;
        }

        info.flags |= found.Outputs.Contains(line) ? GpioCdev.GPIO_V2_LINE_FLAG_OUTPUT : GpioCdev.GPIO_V2_LINE_FLAG_INPUT;
        return 0;
    }

    public int GetLine(SafeFileDescriptor chip, ref gpio_v2_line_request request)
    {
        lock (_gate)
        {
            var found = _open[chip];
            _requests.ForEach(each => each.Forget());
            var offsets = request.offsets[..(int)request.num_lines].ToArray().Select(offset => (int)offset).ToArray();
            var refusal = found.IsGone ? Errno.ENODEV
                : offsets.Any(found.Consumers.ContainsKey) ? Errno.EBUSY
                : offsets.Any(Unusable.Contains) ? Errno.EINVAL
                : RefusesDebounce && request.config.attrs[..(int)request.config.num_attrs].ToArray().Any(each => each.attr.id == GpioCdev.GPIO_V2_LINE_ATTR_ID_DEBOUNCE) ? ENOTSUPP
                : request.event_buffer_size > 0 || (request.config.flags & Edges) != 0 ? EdgesErrno
                : 0;
            if (refusal != 0)
            {
                return refusal;
            }

            var taken = new FakeRequest(found, offsets, GpioName.Read(request.consumer), request.event_buffer_size, request.config);
            _requests.Add(taken);
            request.fd = taken.ReadEnd;
            taken.Apply(request.config);
            foreach (var line in offsets)
            {
                found.Consumers[line] = taken.Consumer;
            }

            return 0;
        }
    }

    public int SetConfig(SafeFileDescriptor lines, ref gpio_v2_line_config config)
    {
        var request = Find(lines);
        if (request.Chip.IsGone)
        {
            return Errno.ENODEV;
        }

        if (EdgesErrno != 0 && HasEdges(config))
        {
            return EdgesErrno;
        }

        request.Configs.Add(config);
        request.Apply(config);
        return 0;
    }

    private static bool HasEdges(gpio_v2_line_config config) =>
        (config.flags & Edges) != 0
        || config.attrs[..(int)config.num_attrs].ToArray().Any(each => each.attr.id == GpioCdev.GPIO_V2_LINE_ATTR_ID_FLAGS && (each.attr.flags & Edges) != 0);

    public int GetValues(SafeFileDescriptor lines, ref gpio_v2_line_values values)
    {
        var request = Find(lines);
        for (var i = 0; i < request.Offsets.Count; i++)
        {
            var isActive = request.Chip.Levels[request.Offsets[i]] != request.IsActiveLow(i);
            values.bits |= isActive && (values.mask >> i & 1) != 0 ? 1UL << i : 0;
        }

        return request.Chip.IsGone ? Errno.ENODEV : 0;
    }

    public int SetValues(SafeFileDescriptor lines, ref gpio_v2_line_values values)
    {
        var request = Find(lines);
        request.Set(values.bits, values.mask);
        return request.Chip.IsGone ? Errno.ENODEV : 0;
    }

    public void Dispose()
    {
        foreach (var request in _requests)
        {
            request.HangUp();
        }
    }

    private FakeRequest Find(SafeFileDescriptor fd)
    {
        ObjectDisposedException.ThrowIf(fd.IsClosed, fd);
        lock (_gate)
        {
            return _requests.Last(request => request.ReadEnd == fd.Number);
        }
    }

    [LibraryImport("libc")]
    private static unsafe partial int pipe(int* fds);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static unsafe partial nint write(int fd, void* buffer, nuint count);

    internal sealed class FakeChip(string name, string label, int lines, int openErrno)
    {
        public string Name => name;

        public string Label => label;

        public int OpenErrno => openErrno;

        public bool IsGone { get; set; }

        /// <summary>True is high.</summary>
        public bool[] Levels { get; } = new bool[lines];

        public Dictionary<int, string> Names { get; } = [];

        public Dictionary<int, string> Consumers { get; } = [];

        public HashSet<int> Outputs { get; } = [];
    }

    internal sealed class FakeRequest
    {
        private readonly int _writeEnd;
        private readonly Dictionary<int, uint> _sequences = [];
        private uint _sequence;
        private bool _isForgotten;
        private gpio_v2_line_config _config;

        public unsafe FakeRequest(FakeChip chip, IReadOnlyList<int> offsets, string consumer, uint bufferSize, gpio_v2_line_config config)
        {
            (Chip, Offsets, Consumer, BufferSize) = (chip, offsets, consumer, bufferSize);
            Configs.Add(config);
            var fds = stackalloc int[2];
            Assert.Equal(0, pipe(fds));
            (ReadEnd, _writeEnd) = (fds[0], fds[1]);
        }

        public FakeChip Chip { get; }

        public IReadOnlyList<int> Offsets { get; }

        public string Consumer { get; }

        public uint BufferSize { get; }

        public int ReadEnd { get; }

        public bool IsClosed { get; private set; }

        /// <summary>That of the request, and each that was set since.</summary>
        public List<gpio_v2_line_config> Configs { get; } = [];

        /// <summary>How many of the next events are lost for want of room.</summary>
        public int Losing { get; set; }

        /// <summary>Events that were put into the pipe.</summary>
        public int Written { get; private set; }

        /// <summary>Whether nobody is left to read its events.</summary>
        public unsafe bool IsGivenBack
        {
            get
            {
                var fd = new pollfd { fd = _writeEnd };
                return !IsClosed && Libc.poll(&fd, 1, 0) > 0 && (fd.revents & Libc.POLLERR) != 0;
            }
        }

        /// <summary>Frees the lines of a request that was given back.</summary>
        public void Forget()
        {
            if (!_isForgotten && IsGivenBack)
            {
                _isForgotten = true;
                Offsets.ToList().ForEach(line => Chip.Consumers.Remove(line));
            }
        }

        public ulong FlagsOf(int index) => FlagsOf(_config, index);

        public uint DebounceOf(int index) => _config.attrs[..(int)_config.num_attrs].ToArray()
            .FirstOrDefault(each => each.attr.id == GpioCdev.GPIO_V2_LINE_ATTR_ID_DEBOUNCE && (each.mask >> index & 1) != 0).attr.debounce_period_us;

        public bool IsActiveLow(int index) => (FlagsOf(index) & GpioCdev.GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0;

        public void Apply(in gpio_v2_line_config config)
        {
            _config = config;
            foreach (var each in config.attrs[..(int)config.num_attrs].ToArray().Where(each => each.attr.id == GpioCdev.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES))
            {
                Set(each.attr.values, each.mask);
            }
        }

        public void Set(ulong bits, ulong mask)
        {
            for (var i = 0; i < Offsets.Count; i++)
            {
                if ((mask >> i & 1) != 0 && (FlagsOf(i) & GpioCdev.GPIO_V2_LINE_FLAG_OUTPUT) != 0)
                {
                    Chip.Levels[Offsets[i]] = (bits >> i & 1) != 0 != IsActiveLow(i);
                }
            }
        }

        public unsafe void Raise(int line, bool isHigh, long at)
        {
            var index = Offsets.ToList().IndexOf(line);
            var isRising = isHigh != IsActiveLow(index);
            var wanted = isRising ? GpioCdev.GPIO_V2_LINE_FLAG_EDGE_RISING : GpioCdev.GPIO_V2_LINE_FLAG_EDGE_FALLING;
            if ((FlagsOf(index) & wanted) == 0)
            {
                return;
            }

            var happened = new gpio_v2_line_event
            {
                timestamp_ns = (ulong)at,
                id = isRising ? 1u : 2u,
                offset = (uint)line,
                seqno = ++_sequence,
                line_seqno = _sequences[line] = _sequences.GetValueOrDefault(line) + 1,
            };
            if (Losing > 0)
            {
                Losing--;
                return;
            }

            Assert.Equal(48, write(_writeEnd, &happened, 48));
            Written++;
        }

        public void HangUp()
        {
            if (!IsClosed)
            {
                IsClosed = true;
                _ = close(_writeEnd);
            }
        }

        private static ulong FlagsOf(in gpio_v2_line_config config, int index)
        {
            foreach (var each in config.attrs[..(int)config.num_attrs])
            {
                if (each.attr.id == GpioCdev.GPIO_V2_LINE_ATTR_ID_FLAGS && (each.mask >> index & 1) != 0)
                {
                    return each.attr.flags;
                }
            }

            return config.flags;
        }
    }
}
