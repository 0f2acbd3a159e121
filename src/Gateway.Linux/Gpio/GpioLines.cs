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
    private readonly IReadOnlyList<LineRequest> _requests;
    private readonly LineRequest[] _listened;
    private readonly Dictionary<int, LineRequest> _byLine;
    private readonly IGpioCalls _calls;
    private readonly SafeFileDescriptor _wake;
    private readonly Channel<GpioEdge> _edges = Channel.CreateBounded<GpioEdge>(new BoundedChannelOptions(EdgeLimit) { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private volatile bool _isStopping;
    private bool _isDisposed;

    public GpioLines(string chip, IReadOnlyList<LineRequest> requests, IGpioCalls calls)
    {
        (_chip, _requests, _calls) = (chip, requests, calls);
        _listened = [.. requests.Where(request => request.HasEvents)];
        _byLine = requests.SelectMany(request => request.Lines.Select(line => (line, request))).ToDictionary(pair => pair.line, pair => pair.request);
        _wake = new SafeFileDescriptor(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
        if (_wake.IsInvalid)
        {
            throw new LinuxException("No event descriptor could be made.", Marshal.GetLastPInvokeError());
        }

        new Thread(Run) { IsBackground = true, Name = $"poll {chip}", Priority = ThreadPriority.Highest }.Start();
    }

    public TimeSpan Uptime => TimeSpan.FromTicks(_calls.Monotonic / NanosecondsPerTick);

    public bool Read(int line)
    {
        try
        {
            return _byLine[line].Read(line);
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
            _byLine[line].Write(line, value);
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

        foreach (var request in _requests)
        {
            request.Dispose();
        }

        _wake.Dispose();
    }

    private unsafe void Run()
    {
        var fds = stackalloc pollfd[_listened.Length + 1];
        var found = new List<GpioEdge>();
        try
        {
            while (!_isStopping)
            {
                Settle(found, out var due);
                var isFull = EdgeLimit - _edges.Reader.Count < LineRequest.MaxEvents * (_listened.Length + 1);
                Wait(fds, isFull, due);
                for (var i = 0; i < _listened.Length && !isFull; i++)
                {
                    Take(_listened[i], fds[i + 1].revents, found);
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

    private void Settle(List<GpioEdge> found, out long? due)
    {
        due = null;
        foreach (var request in _listened)
        {
            due = request.Settle(found) is { } next && (due is null || next < due) ? next : due;
        }

        Pass(found);
    }

    // A full buffer is looked at again soon: whoever empties it need not wake us for each edge.
    private unsafe void Wait(pollfd* fds, bool isFull, long? due)
    {
        fds[0] = new() { fd = _wake.Number, events = Libc.POLLIN };
        for (var i = 0; i < _listened.Length; i++)
        {
            fds[i + 1] = new() { fd = isFull ? -1 : _listened[i].Descriptor, events = Libc.POLLIN };
        }

        var timeout = due is { } time ? (int)Math.Clamp(((time - _calls.Monotonic) / NanosecondsPerMillisecond) + 1, 0, 60_000) : -1;
        _ = Libc.poll(fds, (nuint)_listened.Length + 1, isFull ? 1 : timeout);
    }

    private void Take(LineRequest request, short events, List<GpioEdge> found)
    {
        if ((events & Libc.POLLIN) != 0)
        {
            request.ReadEvents(found);
            Pass(found);
        }
        else if ((events & (Libc.POLLERR | Libc.POLLHUP | Libc.POLLNVAL)) != 0)
        {
            throw GpioErrors.Gone(_chip, Errno.ENODEV);
        }
    }

    private void Pass(List<GpioEdge> found)
    {
        foreach (var edge in found)
        {
            _edges.Writer.TryWrite(edge); // there is room
        }

        found.Clear();
    }

    private unsafe void Stop()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            var one = 1UL;
            _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
        }
    }

    private IOException GivenBack() => new($"The lines of {_chip} were given back.");
}
