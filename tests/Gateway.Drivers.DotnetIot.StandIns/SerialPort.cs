using System.Collections.Concurrent;

namespace System.IO.Ports;

public enum Parity
{
    None,
    Odd,
    Even,
    Mark,
    Space,
}

public enum StopBits
{
    None,
    One,
    Two,
}

/// <summary>A serial port of a machine whose ports are those that a test plugs in.</summary>
public sealed class SerialPort(string portName, int baudRate, Parity parity, int dataBits, StopBits stopBits) : IDisposable
{
    public const int InfiniteTimeout = -1;

    private static readonly ConcurrentDictionary<string, Stream> Plugged = new();

    private Stream? _stream;

    public string PortName => portName;

    public int BaudRate => baudRate;

    public Parity Parity => parity;

    public int DataBits => dataBits;

    public StopBits StopBits => stopBits;

    public int ReadTimeout { get; set; } = InfiniteTimeout;

    public int WriteTimeout { get; set; } = InfiniteTimeout;

    public Stream BaseStream => _stream ?? throw new InvalidOperationException("The port is closed.");

    public static string[] GetPortNames() => [.. Plugged.Keys];

    /// <summary>Plugs a port in: what is written to it goes to the stream.</summary>
    public static void Plug(string name, Stream stream) => Plugged[name] = stream;

    public void Open() => _stream = Plugged.TryGetValue(portName, out var stream) ? stream : throw new FileNotFoundException($"Could not find file '{portName}'.");

    public void DiscardInBuffer()
    {
    }

    public int Read(byte[] buffer, int offset, int count) => BaseStream.Read(buffer, offset, count);

    public void Write(byte[] buffer, int offset, int count) => BaseStream.Write(buffer, offset, count);

    public void Dispose() => _stream?.Dispose();
}
