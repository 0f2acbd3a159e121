namespace Gateway.Modbus.Framing;

/// <summary>The times that follow from a serial line's settings. Modbus over Serial Line 1.02 §2.5.1.1.</summary>
public sealed record RtuTiming
{
    private readonly int _bitsPerCharacter;

    /// <param name="baudRate">Bits per second, above 0.</param>
    /// <param name="dataBits">7 or 8.</param>
    /// <param name="hasParity">Whether a parity bit is sent.</param>
    /// <param name="stopBits">1 or 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting that no line has.</exception>
    public RtuTiming(int baudRate, int dataBits, bool hasParity, int stopBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(baudRate, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(dataBits is 7 or 8, true, nameof(dataBits));
        ArgumentOutOfRangeException.ThrowIfNotEqual(stopBits is 1 or 2, true, nameof(stopBits));
        BaudRate = baudRate;
        _bitsPerCharacter = 1 + dataBits + (hasParity ? 1 : 0) + stopBits;
    }

    /// <summary>Bits per second.</summary>
    public int BaudRate { get; }

    /// <summary>The silence between frames: 3.5 characters, and 1.75 ms above 19200 baud.</summary>
    public TimeSpan InterFrameDelay => BaudRate > 19200 ? TimeSpan.FromMicroseconds(1750) : Bits(3.5 * _bitsPerCharacter);

    /// <summary>How long this many characters are on the line.</summary>
    public TimeSpan TransmissionTime(int characters) => Bits((double)characters * _bitsPerCharacter);

    private TimeSpan Bits(double count) => TimeSpan.FromTicks((long)Math.Ceiling(count * TimeSpan.TicksPerSecond / BaudRate));
}
