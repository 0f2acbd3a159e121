using System.Globalization;
using System.Threading.Channels;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// A GPIO chip in software. Inputs have the level that <see cref="Drive"/> gave them, else that of their bias; outputs
/// the level that was written, and what is named is a line. Debounces and buffers edges as the kernel does. Thread-safe.
/// </summary>
public sealed class SimulatedGpioChip(TimeProvider timeProvider) : IGpioChip
{
    private const int FirstNamed = 1024;

    private readonly TimeProvider _timeProvider = timeProvider;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, bool> _driven = [];
    private readonly Dictionary<int, bool> _left = [];
    private readonly Dictionary<string, int> _names = [];
    private readonly Dictionary<int, GpioLineFault> _refused = [];
    private Lines? _taken;

    /// <summary>Puts a level on an input from outside: true is high. Nothing happens where the line is an output.</summary>
    public void Drive(int line, bool isHigh)
    {
        lock (_gate)
        {
            _driven[line] = isHigh;
            _taken?.OnDriven(line, isHigh);
        }
    }

    /// <summary>From now on whoever asks for the line does not get it; null: they do. Who has it keeps it.</summary>
    public void Refuse(int line, GpioLineFault? fault)
    {
        lock (_gate)
        {
            _refused.Remove(line);
            if (fault is not null)
            {
                _refused.Add(line, fault);
            }
        }
    }

    /// <summary>The level of a line, as the world sees it: true is high. Outputs keep theirs when they are given back.</summary>
    public bool IsHigh(int line)
    {
        lock (_gate)
        {
            return _taken?.FindLevel(line) ?? _left.GetValueOrDefault(line, _driven.GetValueOrDefault(line));
        }
    }

    /// <inheritdoc/>
    /// <remarks>Every name is that of a line: GPIO17 that of 17, others those of lines beyond the ones that have numbers.</remarks>
    public int? FindLine(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith("GPIO", StringComparison.Ordinal) && int.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        lock (_gate)
        {
            _names.TryAdd(name, FirstNamed + _names.Count);
            return _names[name];
        }
    }

    /// <inheritdoc/>
    public IGpioLines Request(IReadOnlyList<GpioLineSettings> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        lock (_gate)
        {
            return _taken is null
                ? _taken = new Lines(this, lines)
                : throw new IOException("The lines of the simulated chip are taken; whoever has them gives them back first.");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _taken?.DisposeAsync() ?? ValueTask.CompletedTask;

    private sealed class Lines : IGpioLines
    {
        private const int EdgeBufferSize = 64;

        private readonly SimulatedGpioChip _chip;
        private readonly Dictionary<int, Line> _lines;
        private readonly Channel<GpioEdge> _edges = Channel.CreateBounded<GpioEdge>(EdgeBufferSize);

        public Lines(SimulatedGpioChip chip, IReadOnlyList<GpioLineSettings> settings)
        {
            _chip = chip;
            LeftOut = settings.Where(line => chip._refused.ContainsKey(line.Line)).ToDictionary(line => line.Line, line => chip._refused[line.Line]);
            _lines = settings.Where(line => !LeftOut.ContainsKey(line.Line)).ToDictionary(line => line.Line, line => new Line(line, InitialLevel(line)));
        }

        public IReadOnlyDictionary<int, GpioLineFault> LeftOut { get; }

        public TimeSpan Uptime => TimeProvider.GetElapsedTime(0);

        private TimeProvider TimeProvider => _chip._timeProvider;

        public GpioLineFault? Add(GpioLineSettings line)
        {
            lock (_chip._gate)
            {
                if (!_chip._refused.TryGetValue(line.Line, out var fault))
                {
                    _lines.Add(line.Line, new Line(line, InitialLevel(line)));
                }

                return fault;
            }
        }

        public GpioLineFault? Change(GpioLineSettings line)
        {
            lock (_chip._gate)
            {
                if (_chip._refused.TryGetValue(line.Line, out var fault))
                {
                    return fault;
                }

                var before = _lines[line.Line];
                var isHigh = line.Direction == GpioDirection.Input && before.Settings.Direction == GpioDirection.Input
                    || line is { Direction: GpioDirection.Output, InitialValue: null } ? before.IsHigh : InitialLevel(line);
                before.Debouncing?.Dispose();
                _lines[line.Line] = new Line(line, isHigh) { Missed = before.Missed };
                return null;
            }
        }

        public bool Release(int line)
        {
            lock (_chip._gate)
            {
                if (_lines.Remove(line, out var before))
                {
                    before.Debouncing?.Dispose();
                    Leave(line, before);
                }

                return true;
            }
        }

        public bool Read(int line)
        {
            lock (_chip._gate)
            {
                return _lines[line].Value;
            }
        }

        public void Write(int line, bool value)
        {
            lock (_chip._gate)
            {
                _lines[line].IsHigh = value != _lines[line].Settings.IsActiveLow;
            }
        }

        public async ValueTask<int> ReadEdgesAsync(Memory<GpioEdge> edges, CancellationToken cancellationToken)
        {
            while (true)
            {
                var count = 0;
                while (count < edges.Length && _edges.Reader.TryRead(out var edge))
                {
                    edges.Span[count++] = edge;
                }

                if (count > 0)
                {
                    return count;
                }

                if (!await _edges.Reader.WaitToReadAsync(cancellationToken))
                {
                    throw new IOException("The lines of the simulated chip were given back.");
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            List<ITimer> timers;
            lock (_chip._gate)
            {
                if (_chip._taken == this)
                {
                    _chip._taken = null;
                    foreach (var (number, line) in _lines)
                    {
                        Leave(number, line);
                    }
                }

                timers = [.. _lines.Values.Select(line => line.Debouncing).OfType<ITimer>()];
                _edges.Writer.TryComplete();
            }

            foreach (var timer in timers)
            {
                await timer.DisposeAsync();
            }
        }

        /// <summary>Called under the chip's lock.</summary>
        public void OnDriven(int number, bool isHigh)
        {
            if (!_lines.TryGetValue(number, out var line) || line.Settings.Direction == GpioDirection.Output)
            {
                return;
            }

            if (line.Settings.Debounce == TimeSpan.Zero)
            {
                Settle(line, isHigh);
                return;
            }

            line.Debouncing ??= TimeProvider.CreateTimer(_ => OnSteady(line), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            line.Debouncing.Change(line.Settings.Debounce, Timeout.InfiniteTimeSpan);
        }

        /// <summary>Called under the chip's lock.</summary>
        public bool? FindLevel(int line) => _lines.TryGetValue(line, out var taken) ? taken.IsHigh : null;

        private void Leave(int number, Line line)
        {
            if (line.Settings.Direction == GpioDirection.Output)
            {
                _chip._left[number] = line.IsHigh;
            }
        }

        private bool InitialLevel(GpioLineSettings line) => line is { Direction: GpioDirection.Output, InitialValue: { } value }
            ? value != line.IsActiveLow
            : _chip._left.GetValueOrDefault(line.Line, _chip._driven.GetValueOrDefault(line.Line, line.Bias == GpioBias.PullUp));

        private void OnSteady(Line line)
        {
            lock (_chip._gate)
            {
                Settle(line, _chip._driven[line.Settings.Line]);
            }
        }

        private void Settle(Line line, bool isHigh)
        {
            if (line.IsHigh == isHigh)
            {
                return;
            }

            line.IsHigh = isHigh;
            if (!line.Settings.Edges.HasFlag(line.Value ? GpioEdges.Rising : GpioEdges.Falling))
            {
                return;
            }

            var edge = new GpioEdge(line.Settings.Line, line.Value, TimeProvider.GetUtcNow(), Uptime, line.Missed);
            line.Missed = _edges.Writer.TryWrite(edge) ? 0 : line.Missed + 1;
        }
    }

    private sealed class Line(GpioLineSettings settings, bool isHigh)
    {
        public GpioLineSettings Settings => settings;

        public bool IsHigh { get; set; } = isHigh;

        public bool Value => IsHigh != settings.IsActiveLow;

        /// <summary>Edges that found the buffer full since the last one that did not.</summary>
        public int Missed { get; set; }

        public ITimer? Debouncing { get; set; }
    }
}
