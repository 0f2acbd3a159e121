using System.IO.Ports;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>The bytes of a serial port; disposing it closes the port. One reader and one writer at a time.</summary>
/// <param name="port">An open port.</param>
internal sealed class SerialPortStream(SerialPort port) : DuplexStream
{
    private readonly Stream _stream = port.BaseStream;

    public override int Read(byte[] buffer, int offset, int count) => _stream.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _stream.ReadAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => _stream.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _stream.WriteAsync(buffer, cancellationToken);

    public override void Flush() => _stream.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            port.Dispose();
        }

        base.Dispose(disposing);
    }
}
