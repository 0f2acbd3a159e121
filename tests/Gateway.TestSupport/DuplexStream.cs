using System.IO.Pipelines;

namespace Gateway.TestSupport;

/// <summary>
/// One end of a connection in memory. Bytes written to one end are read from the other, in portions as they were
/// written; disposing an end closes both directions.
/// </summary>
public sealed class DuplexStream : Stream
{
    private readonly PipeReader _incoming;
    private readonly PipeWriter _outgoing;
    private DuplexStream? _other;
    private int _unread;
    private volatile bool _isReading;

    private DuplexStream(PipeReader incoming, PipeWriter outgoing)
    {
        _incoming = incoming;
        _outgoing = outgoing;
    }

    /// <summary>Whether somebody reads here, and all that the other end has written was read: whoever holds this end has handled it.</summary>
    public bool IsWaiting => _isReading && Volatile.Read(ref _unread) == 0;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Two ends that are connected.</summary>
    public static (DuplexStream Near, DuplexStream Far) Create()
    {
        var there = new Pipe();
        var back = new Pipe();
        var (near, far) = (new DuplexStream(back.Reader, there.Writer), new DuplexStream(there.Reader, back.Writer));
        (near._other, far._other) = (far, near);
        return (near, far);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _isReading = true;
        var result = await _incoming.ReadAsync(cancellationToken);
        _isReading = false;
        var count = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var taken = result.Buffer.Slice(0, count);
        var offset = 0;
        foreach (var part in taken)
        {
            part.CopyTo(buffer[offset..]);
            offset += part.Length;
        }

        _incoming.AdvanceTo(taken.End);
        Count(-count);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _other!.Count(buffer.Length);
        var result = await _outgoing.WriteAsync(buffer, cancellationToken);
        if (result.IsCompleted)
            throw new IOException("The other end is closed.");
    }

    /// <summary>Reads exactly so many bytes; fails after 10 s of real time.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var bytes = new byte[count];
        await ReadExactlyAsync(bytes, deadline.Token);
        return bytes;
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

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _outgoing.Complete();
            _incoming.Complete();
        }

        base.Dispose(disposing);
    }

    private void Count(int unread) => Interlocked.Add(ref _unread, unread);
}
