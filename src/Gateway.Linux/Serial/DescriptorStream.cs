using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Serial;

/// <summary>
/// A stream over a non-blocking descriptor, with one thread that waits in <c>poll</c>. Asynchronous only; at most one
/// read and one write at a time. A call that cannot go on at once is left to the thread, and its caller goes on there: it must not
/// block. Cancelling a call leaves the stream usable.
/// </summary>
public abstract class DescriptorStream : Stream
{
    private readonly Lock _gate = new();
    private readonly SafeFileDescriptor _descriptor;
    private readonly PendingTransfer _read = new();
    private readonly PendingTransfer _write = new();
    private readonly LineThread _thread;
    private readonly bool _ownsThread;
    private bool _isDisposed;

    /// <param name="descriptor">Is closed with the stream.</param>
    /// <param name="name">The path of the device.</param>
    /// <param name="thread">Waits for the descriptor; null: one of the stream's own.</param>
    private protected DescriptorStream(SafeFileDescriptor descriptor, string name, LineThread? thread)
    {
        _descriptor = descriptor;
        Name = name;
        _ownsThread = thread is null;
        _thread = thread ?? new LineThread(name);
        _thread.Attach(this);
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

    /// <summary>What the thread is to wait for.</summary>
    internal pollfd Awaited
    {
        get
        {
            lock (_gate)
            {
                var events = (short)((_read.IsPending ? Libc.POLLIN : 0) | (_write.IsPending ? Libc.POLLOUT : 0));

                // A hang-up is reported whether asked for or not: look only when somebody waits.
                return new() { fd = events == 0 ? -1 : _descriptor.Number, events = events };
            }
        }
    }

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

    /// <summary>Closes the descriptor once the thread does not look at it any more.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Stop() && !_ownsThread)
        {
            var detached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _thread.Detach(detached.SetResult);
            await detached.Task;
        }
        else if (_ownsThread)
        {
            await _thread.DisposeAsync();
        }

        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Goes on with what waited; by the thread.</summary>
    /// <param name="events">What the descriptor is ready for.</param>
    internal void Continue(short events)
    {
        bool hasWritten;
        bool hasRead;
        lock (_gate)
        {
            hasWritten = TryEnd(_write, Libc.POLLOUT, events);
            hasRead = TryEnd(_read, Libc.POLLIN, events);
        }

        Tell(hasWritten, hasRead);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (Stop() && !_ownsThread)
            {
                using var detached = new ManualResetEventSlim();
                _thread.Detach(detached.Set);
                detached.Wait();
            }
            else if (_ownsThread)
            {
                _thread.Dispose();
            }

            _descriptor.Dispose();
        }

        base.Dispose(disposing);
    }

    // Transfers happen under the lock, so that a buffer is never touched after its call has ended.
    private ValueTask<int> Begin(PendingTransfer transfer, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(cancellationToken);

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
        }

        // Outside the lock, and before the wait begins, which may be over before this thread goes on.
        var registration = cancellationToken.UnsafeRegister(static (stream, token) => ((DescriptorStream)stream!).Cancel(token), this);
        ValueTask<int> task;
        bool isClosed;
        lock (_gate)
        {
            task = transfer.Begin(buffer, registration);
            isClosed = _isDisposed && transfer.TryEnd(Closed());
        }

        if (isClosed)
            transfer.Tell();
        if (cancellationToken.IsCancellationRequested)
            Cancel(cancellationToken);
        _thread.Wake();
        return task;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        bool hasWritten;
        bool hasRead;
        lock (_gate)
        {
            hasWritten = _write.TryCancel(cancellationToken);
            hasRead = _read.TryCancel(cancellationToken);
        }

        Tell(hasWritten, hasRead);
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

    private bool TryEnd(PendingTransfer transfer, short wanted, short events)
    {
        const short Broken = Libc.POLLERR | Libc.POLLHUP | Libc.POLLNVAL;
        if (!transfer.IsPending || (events & (wanted | Broken)) == 0)
            return false;

        // What came before the hang-up is still read.
        var count = Transfer(transfer, transfer.Buffer.Span, out var errno);
        return errno switch
        {
            0 => transfer.TryEnd(count),
            not Errno.EAGAIN => transfer.TryEnd(Vanished(errno)),
            _ => (events & Broken) != 0 && transfer.TryEnd(Vanished(Errno.EIO)),
        };
    }

    /// <summary>Ends what is under way; false if that was done before.</summary>
    private bool Stop()
    {
        bool hasWritten;
        bool hasRead;
        lock (_gate)
        {
            if (_isDisposed)
                return false;
            _isDisposed = true;
            hasWritten = _write.TryEnd(Closed());
            hasRead = _read.TryEnd(Closed());
        }

        Tell(hasWritten, hasRead);
        return true;
    }

    // Callers go on here: outside the lock.
    private void Tell(bool hasWritten, bool hasRead)
    {
        if (hasWritten)
            _write.Tell();
        if (hasRead)
            _read.Tell();
    }

    private OperationCanceledException Closed() => new($"{Name} was closed.");

    private LinuxException Vanished(int errno) => SerialErrors.Vanished(Name, errno);
}
