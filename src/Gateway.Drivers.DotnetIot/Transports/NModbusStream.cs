using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>
/// Takes the gateway's requests as bytes and gives NModbus' answers as bytes. A request without answer in time is silence; a fault of
/// the connection is the end of the stream. One reader and one writer at a time.
/// </summary>
internal sealed class NModbusStream : DuplexStream
{
    private const int MaxWaiting = 64;

    private readonly NModbusCarrier _carrier;
    private readonly BlockingCollection<byte[]> _requests = new(MaxWaiting);
    private readonly Channel<byte[]> _answers = Channel.CreateBounded<byte[]>(MaxWaiting);
    private ReadOnlyMemory<byte> _written;
    private ReadOnlyMemory<byte> _read;

    /// <param name="carrier">Asks the devices; it is disposed with the stream.</param>
    /// <param name="timeout">How long a device may take to answer.</param>
    public NModbusStream(NModbusCarrier carrier, TimeSpan timeout)
    {
        _carrier = carrier;
        carrier.SetTimeout(timeout);
        new Thread(Run) { IsBackground = true, Name = "nmodbus" }.Start();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_read.IsEmpty)
        {
            if (!await _answers.Reader.WaitToReadAsync(cancellationToken))
            {
                return 0;
            }

            if (_answers.Reader.TryRead(out var answer))
            {
                _read = answer;
            }
        }

        var count = Math.Min(buffer.Length, _read.Length);
        _read[..count].CopyTo(buffer);
        _read = _read[count..];
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _written = _written.IsEmpty ? buffer.ToArray() : (byte[])[.. _written.Span, .. buffer.Span];
        while (_carrier.TryCut(ref _written, out var adu))
        {
            if (_requests.IsAddingCompleted || !_requests.TryAdd(adu))
            {
                throw new IOException(_requests.IsAddingCompleted ? "NModbus' connection is closed." : "NModbus does not come to the end of its requests.");
            }
        }

        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _requests.CompleteAdding();
            _answers.Writer.TryComplete();
            _carrier.Dispose(); // ends a call that waits
        }

        base.Dispose(disposing);
    }

    private void Run()
    {
        try
        {
            foreach (var request in _requests.GetConsumingEnumerable())
            {
                if (Carry(request) is { } answer)
                {
                    _answers.Writer.TryWrite(answer);
                }
            }
        }
#pragma warning disable CA1031 // The end of the stream tells the gateway, which opens another.
        catch (Exception)
#pragma warning restore CA1031
        {
            _requests.CompleteAdding();
        }

        _answers.Writer.TryComplete();
    }

    private byte[]? Carry(byte[] request)
    {
        try
        {
            return _carrier.Carry(request);
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (IOException fault) when (fault.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut })
        {
            return null;
        }
    }
}
