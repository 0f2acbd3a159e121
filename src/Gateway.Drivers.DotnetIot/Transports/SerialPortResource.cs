using System.IO.Ports;
using NModbus.IO;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>A serial port as NModbus takes it.</summary>
/// <param name="port">An open port, which is closed with this.</param>
internal sealed class SerialPortResource(SerialPort port) : IStreamResource
{
    // Some versions of NModbus ask for it, some do not.
    public string Name => port.PortName;

    public int InfiniteTimeout => SerialPort.InfiniteTimeout;

    public int ReadTimeout
    {
        get => port.ReadTimeout;
        set => port.ReadTimeout = value;
    }

    public int WriteTimeout
    {
        get => port.WriteTimeout;
        set => port.WriteTimeout = value;
    }

    public void DiscardInBuffer() => port.DiscardInBuffer();

    public int Read(byte[] buffer, int offset, int count) => port.Read(buffer, offset, count);

    public void Write(byte[] buffer, int offset, int count) => port.Write(buffer, offset, count);

    public void Dispose() => port.Dispose();
}
