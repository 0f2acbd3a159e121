using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>
/// A stream over a non-blocking descriptor, with one thread that waits in <c>poll</c>. Asynchronous only; at most one
/// read and one write at a time. A call that cannot go on at once is left to the thread; cancelling it leaves the
/// stream usable.
/// </summary>
public abstract class DescriptorStream : Stream
{
    private readonly Lock _gate = new();
    private readonly SafeFileDescriptor _descriptor;
    private readonly SafeFileDescriptor _wake;
    private readonly PendingTransfer _read = new();
    private readonly PendingTransfer _write = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDisposed;

    private protected DescriptorStream(SafeFileDescriptor descriptor, string name)
    {
        _descriptor = descriptor;
        _wake = new(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
        if (_wake.IsInvalid)
            throw new LinuxException("No event descriptor could be made.", Marshal.GetLastPInvokeError());

        Name = name;
        _thread = new Thread(Run) { IsBackground = true, Name = $"poll {name}" };
        _thread.Start();
    }

    /// <summary>The path of the device.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override bool CanRead => !_isDisposed;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => !_isDisposed;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    internal SafeFileDescriptor Descriptor => _descriptor;

    /// <summary>Reads what is there, at least one byte.</summary>
    /// <exception cref="LinuxException">The device vanished.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the stream was closed.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? new(0) : Begin(_read, buffer, cancellationToken);

    /// <summary>Hands all bytes to the kernel; they are not yet on the line.</summary>
    /// <exception cref="LinuxException">The device vanished.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the stream was closed; a part may be on its way.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
            buffer = buffer[await Begin(_write, MemoryMarshal.AsMemory(buffer), cancellationToken)..];
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Does nothing: written bytes are with the kernel already.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Not offered: use <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Serial streams are asynchronous only.");

    /// <summary>Not offered: use <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Serial streams are asynchronous only.");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Closes the descriptor when the thread has ended.</summary>
    public override async ValueTask DisposeAsync()
    {
        Stop();
        await _ended.Task;
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Stop();
            _thread.Join();
            _descriptor.Dispose();
            _wake.Dispose();
        }

        base.Dispose(disposing);
    }

    // Transfers happen under the lock, so that a buffer is never touched after its call has ended.
    private ValueTask<int> Begin(PendingTransfer transfer, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(cancellationToken);

        ValueTask<int> task;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (transfer.IsPending)
                throw new InvalidOperationException("The previous call on the serial stream is still under way.");

            var count = Transfer(transfer, buffer.Span, out var errno);
            if (errno == 0)
                return new(count);
            if (errno != Errno.EAGAIN)
                return ValueTask.FromException<int>(Vanished(errno));

            task = transfer.Begin(buffer);
            Wake();
        }

        transfer.CancelWith(OnCancelled, this, cancellationToken);
        return task;
    }

    private static void OnCancelled(object? state, CancellationToken cancellationToken)
    {
        var stream = (DescriptorStream)state!;
        lock (stream._gate)
        {
            stream._read.CancelIf(cancellationToken);
            stream._write.CancelIf(cancellationToken);
        }
    }

    private unsafe int Transfer(PendingTransfer transfer, ReadOnlySpan<byte> buffer, out int errno)
    {
        while (true)
        {
            nint count;
            fixed (byte* bytes = buffer)
            {
                count = transfer == _read
                    ? Libc.read(_descriptor, bytes, (nuint)buffer.Length)
                    : Libc.write(_descriptor, bytes, (nuint)buffer.Length);
            }

            errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (count == 0)
                errno = Errno.EIO;
            if (errno != Errno.EINTR)
                return (int)count;
        }
    }

    private unsafe void Run()
    {
        var fds = stackalloc pollfd[2];
        var wakeCount = 0UL;
        while (true)
        {
            lock (_gate)
            {
                if (_isDisposed)
                    break;
                var events = (short)((_read.IsPending ? Libc.POLLIN : 0) | (_write.IsPending ? Libc.POLLOUT : 0));
                fds[0] = new() { fd = _wake.Number, events = Libc.POLLIN };

                // A hang-up is reported whether asked for or not: look only when somebody waits.
                fds[1] = new() { fd = events == 0 ? -1 : _descriptor.Number, events = events };
            }

            // Interrupted or not, the flags decide.
            if (Libc.poll(fds, 2, -1) < 0)
                continue;
            if (fds[0].revents != 0)
                _ = Libc.read(_wake, (byte*)&wakeCount, sizeof(ulong));
            if (fds[1].revents != 0)
                Continue(fds[1].revents);
        }

        _ended.SetResult();
    }

    private void Continue(short events)
    {
        lock (_gate)
        {
            Continue(_read, Libc.POLLIN, events);
            Continue(_write, Libc.POLLOUT, events);
        }
    }

    private void Continue(PendingTransfer transfer, short wanted, short events)
    {
        const short Broken = Libc.POLLERR | Libc.POLLHUP | Libc.POLLNVAL;
        if (!transfer.IsPending || (events & (wanted | Broken)) == 0)
            return;

        // What came before the hang-up is still read.
        var count = Transfer(transfer, transfer.Buffer.Span, out var errno);
        if (errno == 0)
            transfer.Complete(count);
        else if (errno != Errno.EAGAIN)
            transfer.Fail(Vanished(errno));
        else if ((events & Broken) != 0)
            transfer.Fail(Vanished(Errno.EIO));
    }

    private void Stop()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            var closed = new OperationCanceledException($"{Name} was closed.");
            _read.Fail(closed);
            _write.Fail(closed);
            Wake();
        }
    }

    private unsafe void Wake()
    {
        var one = 1UL;
        _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }

    private LinuxException Vanished(int errno) => SerialErrors.Vanished(Name, errno);
}
