using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>
/// The lines of one bus, with one thread that waits for their events in <c>poll</c>. It reads as long as there is room; then the
/// kernel's buffer fills, and what that cannot take shows in the events' numbers.
/// </summary>
internal sealed class GpioLines : IGpioLines
{
    private const int EdgeLimit = 4096;
    private const int NanosecondsPerTick = 100;
    private const int NanosecondsPerMillisecond = 1_000_000;

    private readonly string _chip;
    private readonly LineTaker _taker;
    private readonly IGpioCalls _calls;
    private readonly SafeFileDescriptor _wake;
    private readonly Channel<GpioEdge> _edges = Channel.CreateBounded<GpioEdge>(new BoundedChannelOptions(EdgeLimit) { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<LineRequest> _emptied = [];
    private volatile Held _held;
    private volatile bool _isStopping;
    private bool _isDisposed;

    private GpioLines(string chip, LineTaker taker, IReadOnlyList<LineRequest> requests, IReadOnlyDictionary<int, GpioLineFault> leftOut, IGpioCalls calls)
    {
        (_chip, _taker, _held, LeftOut, _calls) = (chip, taker, new Held(requests), leftOut, calls);
        _wake = new SafeFileDescriptor(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
        if (_wake.IsInvalid)
        {
            throw new LinuxException("No event descriptor could be made.", Marshal.GetLastPInvokeError());
        }

        new Thread(Run) { IsBackground = true, Name = $"poll {chip}" }.Start();
    }

    public IReadOnlyList<int> Polled => [.. _held.Requests.SelectMany(request => request.Polled)];

    public IReadOnlyDictionary<int, GpioLineFault> LeftOut { get; }

    public TimeSpan Uptime => TimeSpan.FromTicks(_calls.Monotonic / NanosecondsPerTick);

    /// <summary>Takes the lines of a bus.</summary>
    /// <exception cref="LinuxException">The chip is gone, or a line that may not be left out cannot be had.</exception>
    public static GpioLines Take(string chip, LineTaker taker, IReadOnlyList<GpioLineSettings> lines, IGpioCalls calls)
    {
        var requests = new List<LineRequest>();
        try
        {
            var leftOut = new Dictionary<int, GpioLineFault>();
            taker.Take(lines, requests, leftOut);
            return new GpioLines(chip, taker, requests, leftOut, calls);
        }
        catch
        {
            requests.ForEach(request => request.Dispose());
            throw;
        }
    }

    public GpioLineFault? Add(GpioLineSettings line)
    {
        lock (_gate)
        {
            if (_held.Requests.FirstOrDefault(request => request.Holds(line.Line)) is { } holding)
            {
                return Change(holding, line);
            }

            var requests = new List<LineRequest>(_held.Requests);
            var leftOut = new Dictionary<int, GpioLineFault>();
            try
            {
                _taker.Take(_isStopping ? throw GivenBack() : [line], requests, leftOut);
            }
            catch (ObjectDisposedException)
            {
                throw GivenBack();
            }

            _held = new Held(requests);
            Wake();
            return leftOut.GetValueOrDefault(line.Line);
        }
    }

    public GpioLineFault? Change(GpioLineSettings line)
    {
        lock (_gate)
        {
            return Change(Find(line.Line), line);
        }
    }

    public bool Release(int line)
    {
        lock (_gate)
        {
            var request = Find(line);
            try
            {
                var isEmptied = (_isStopping ? throw GivenBack() : request).Release(line);
                _held = new Held(isEmptied ? [.. _held.Requests.Where(other => other != request)] : _held.Requests);
                if (isEmptied)
                {
                    _emptied.Enqueue(request);
                }

                Wake();
                return isEmptied;
            }
            catch (ObjectDisposedException)
            {
                throw GivenBack();
            }
        }
    }

    public bool Read(int line)
    {
        try
        {
            return Find(line).Read(line);
        }
        catch (ObjectDisposedException)
        {
            throw GivenBack();
        }
    }

    public void Write(int line, bool value)
    {
        try
        {
            Find(line).Write(line, value);
        }
        catch (ObjectDisposedException)
        {
            throw GivenBack();
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

            if (!await _edges.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                throw GivenBack();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _ended.Task.ConfigureAwait(false);
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        foreach (var request in _held.Requests)
        {
            request.Dispose();
        }

        CloseEmptied();
        _wake.Dispose();
    }

    private GpioLineFault? Change(LineRequest request, GpioLineSettings line)
    {
        try
        {
            var refusal = (_isStopping ? throw GivenBack() : request).Change(line);
            _held = new Held(_held.Requests);
            Wake();
            return refusal is null ? null : new GpioLineFault(refusal.Reason, refusal.Fault.Message);
        }
        catch (ObjectDisposedException)
        {
            throw GivenBack();
        }
    }

    private LineRequest Find(int line) => _held.ByLine.TryGetValue(line, out var request) ? request : throw GivenBack();

    private void CloseEmptied()
    {
        while (_emptied.TryDequeue(out var request))
        {
            request.Dispose();
        }
    }

    private void Run()
    {
        pollfd[] fds = [];
        var found = new List<GpioEdge>();
        try
        {
            long? due = 0;
            while (!_isStopping)
            {
                // Here nobody waits for them; and what is in the queue is in what is held no longer.
                CloseEmptied();

                // What happened until now is there to be read after the wait; a line is steady only if nothing was.
                var now = _calls.Monotonic;
                var listened = _held.Listened;
                fds = fds.Length == listened.Length + 1 ? fds : new pollfd[listened.Length + 1];
                var isFull = EdgeLimit - _edges.Reader.Count < LineRequest.MaxEvents * (listened.Length + 1);
                Wait(fds, listened, isFull, due);
                due = isFull ? now : null;
                for (var i = 0; i < listened.Length && !isFull; i++)
                {
                    var next = Take(listened[i], fds[i + 1].revents, found) ? now : listened[i].Settle(found, now);
                    due = next is not null && (due is null || next < due) ? next : due;
                    Pass(found);
                }
            }

            _edges.Writer.TryComplete();
        }
        catch (LinuxException fault)
        {
            _edges.Writer.TryComplete(fault);
        }

        _ended.SetResult();
    }

    // A full buffer is looked at again soon: whoever empties it need not wake us for each edge.
    private unsafe void Wait(pollfd[] fds, LineRequest[] listened, bool isFull, long? due)
    {
        fds[0] = new() { fd = _wake.Number, events = Libc.POLLIN };
        for (var i = 0; i < listened.Length; i++)
        {
            fds[i + 1] = new() { fd = isFull ? -1 : listened[i].Descriptor, events = Libc.POLLIN };
        }

        var timeout = due is { } time ? (int)Math.Clamp(((time - _calls.Monotonic) / NanosecondsPerMillisecond) + 1, 0, 60_000) : -1;
        fixed (pollfd* first = fds)
        {
            _ = Libc.poll(first, (nuint)fds.Length, isFull ? 1 : timeout);
        }

        if ((fds[0].revents & Libc.POLLIN) != 0)
        {
            ulong count;
            _ = Libc.read(_wake, (byte*)&count, sizeof(ulong));
        }
    }

    private bool Take(LineRequest request, short events, List<GpioEdge> found)
    {
        if ((events & Libc.POLLIN) != 0)
        {
            request.ReadEvents(found);
            return true;
        }

        return (events & (Libc.POLLERR | Libc.POLLHUP | Libc.POLLNVAL)) == 0 ? false : throw GpioErrors.Gone(_chip, Errno.ENODEV);
    }

    private void Pass(List<GpioEdge> found)
    {
        foreach (var edge in found)
        {
            _edges.Writer.TryWrite(edge); // there is room
        }

        found.Clear();
    }

    private void Stop()
    {
        lock (_gate)
        {
            if (!_isStopping)
            {
                _isStopping = true;
                Wake();
            }
        }
    }

    private unsafe void Wake()
    {
        var one = 1UL;
        _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }

    private IOException GivenBack() => new($"The lines of {_chip} were given back.");

    // What was taken so far; another takes its place when a line is added or changed.
    private sealed class Held(IReadOnlyList<LineRequest> requests)
    {
        public IReadOnlyList<LineRequest> Requests => requests;

        public LineRequest[] Listened { get; } = [.. requests.Where(request => request.HasEvents)];

        public Dictionary<int, LineRequest> ByLine { get; } =
            requests.SelectMany(request => request.Lines.Select(line => (line, request))).ToDictionary(pair => pair.line, pair => pair.request);
    }
}
