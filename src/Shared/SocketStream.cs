using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace Gateway.Shared;

/// <summary>
/// A connected socket that is read on a thread of its own: what comes is handled where it comes. The framework's way, from the thread
/// that waits for all sockets to one of the pool, takes half as long again. Whatever continues a read runs on that thread until it waits
/// for something else. One read at a time, beside one write.
/// </summary>
/// <remarks>Compiled into each assembly that has clients of its own: rooms that don't know each other share no library.</remarks>
internal sealed partial class SocketStream : Stream, IValueTaskSource<int>
{
    private const int StackBytes = 256 * 1024;
    private const int LooksBeforeSleep = 40;
    private const short POLLIN = 1;

    // A read is asked for, and taken by whoever ends it: the thread or its cancellation.
    private const int Idle = 0;
    private const int Asked = 1;
    private const int Taken = 2;

    private readonly Socket _socket;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ManualResetValueTaskSourceCore<int> _read;
    private CancellationTokenRegistration _cancellation;
    private Memory<byte> _buffer;
    private int _state;
    private bool _isConnectSettled;
    private bool _isDisposed;

    private SocketStream(Socket socket, EndPoint endPoint)
    {
        _socket = socket;
        _thread = new Thread(() => Run(endPoint), StackBytes) { IsBackground = true, Name = "socket" };
        _thread.Start();
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Connects over TCP; a host name's addresses are tried in turn.</summary>
    /// <exception cref="SocketException">None of them can be reached.</exception>
    public static async Task<SocketStream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        SocketException? last = null;
        foreach (var address in await Dns.GetHostAddressesAsync(host, cancellationToken))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            try
            {
                return await ConnectAsync(socket, new IPEndPoint(address, port), cancellationToken);
            }
            catch (SocketException exception)
            {
                last = exception;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>Connects, on the thread too: a socket that ever waited in the framework's way is watched by it for good.</summary>
    /// <exception cref="SocketException">The other end cannot be reached.</exception>
    public static async Task<SocketStream> ConnectAsync(Socket socket, EndPoint endPoint, CancellationToken cancellationToken)
    {
        var stream = new SocketStream(socket, endPoint);
        try
        {
            await using (cancellationToken.UnsafeRegister(static stream => ((SocketStream)stream!).GiveUpConnecting(), stream))
            {
                await stream._connected.Task;
            }

            cancellationToken.ThrowIfCancellationRequested();
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        _read.Reset();
        _buffer = buffer;
        Volatile.Write(ref _state, Asked);
        _cancellation = cancellationToken.UnsafeRegister(static (stream, token) => ((SocketStream)stream!).Cancel(token), this);
        if (Volatile.Read(ref _isDisposed) && TryTake())
        {
            // The thread may have ended meanwhile.
            _read.SetException(new ObjectDisposedException(nameof(SocketStream)));
        }
        else if (Thread.CurrentThread != _thread)
        {
            _wake.Release();
        }

        return new ValueTask<int>(this, _read.Version);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
            }
        }
        catch (SocketException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _closed.Task;
        _wake.Dispose();
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        _cancellation.Dispose();
        return _read.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    // The thread closes the socket: nobody else may while it waits for it.
    protected override void Dispose(bool disposing)
    {
        if (disposing && !Interlocked.Exchange(ref _isDisposed, true))
        {
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The other end was first, or it never was connected.
            }

            _wake.Release();
        }

        base.Dispose(disposing);
    }

    [LibraryImport("libc")]
    private static partial int poll(ref PollDescriptor fds, nuint nfds, int timeout);

    private bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Asked) == Asked;

    private void Cancel(CancellationToken cancellationToken)
    {
        if (TryTake())
        {
            _read.SetException(new OperationCanceledException(cancellationToken));
        }
    }

    private void Run(EndPoint endPoint)
    {
        if (TryConnect(endPoint))
        {
            Read();
        }

        _socket.Dispose();
        if (TryTake())
        {
            _read.SetException(new ObjectDisposedException(nameof(SocketStream)));
        }

        _closed.SetResult();
    }

    private bool TryConnect(EndPoint endPoint)
    {
        try
        {
            _socket.Connect(endPoint);
            if (!Interlocked.Exchange(ref _isConnectSettled, true))
            {
                _connected.SetResult();
                return true;
            }

            _connected.SetCanceled();
            return false;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _connected.SetException(exception);
            return false;
        }
    }

    // Once it is connected its thread alone may close the socket: closing does not end a wait for it.
    private void GiveUpConnecting()
    {
        if (!Interlocked.Exchange(ref _isConnectSettled, true))
        {
            _socket.Dispose();
        }
    }

    private void Read()
    {
        var descriptor = new PollDescriptor { Descriptor = (int)_socket.Handle, Events = POLLIN };
        while (!Volatile.Read(ref _isDisposed))
        {
            if (Volatile.Read(ref _state) != Asked)
            {
                _wake.Wait();
            }
            else if (WaitForBytes(ref descriptor) && TryTake())
            {
                Receive();
            }
        }
    }

    // An answer to what was just sent is often there before this thread would sleep, and waking it takes longer.
    private static bool WaitForBytes(ref PollDescriptor descriptor)
    {
        for (var look = 0; look < LooksBeforeSleep; look++)
        {
            if (poll(ref descriptor, 1, 0) > 0)
            {
                return true;
            }

            Thread.Yield();
        }

        return poll(ref descriptor, 1, Timeout.Infinite) > 0;
    }

    private void Receive()
    {
        var count = _buffer.IsEmpty ? 0 : _socket.Receive(_buffer.Span, SocketFlags.None, out var error) is var received && error == SocketError.Success ? received : -(int)error;
        Volatile.Write(ref _state, Idle);
        if (count >= 0)
        {
            _read.SetResult(count);
        }
        else
        {
            var fault = new SocketException(-count);
            _read.SetException(new IOException(fault.Message, fault));
        }
    }

    // struct pollfd
    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
