namespace Gateway.Linux.Serial;

/// <summary>A serial port and how it is set.</summary>
public sealed record SerialSettings
{
    /// <summary>
    /// The device, a link to it such as <c>/dev/serial/by-id/…</c>, or a USB adapter wherever it is plugged:
    /// <c>usb:0403:6001</c>, with its serial number <c>usb:0403:6001:A9XYZ</c>.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>Bits per second, any rate that the port can make. Default 9600; 1 to 4000000.</summary>
    public int BaudRate { get; init; } = 9600;

    /// <summary>7 or 8. Default 8.</summary>
    public int DataBits { get; init; } = 8;

    /// <summary>Default none.</summary>
    public SerialParity Parity { get; init; }

    /// <summary>1 or 2. Default 1.</summary>
    public int StopBits { get; init; } = 1;

    /// <summary>Default none.</summary>
    public Rs485Mode Rs485 { get; init; }

    /// <summary>With RS-485: whether RTS is high or low while sending. Default high.</summary>
    public bool IsRtsActiveLow { get; init; }

    /// <summary>With RS-485: time between RTS and the first bit, in whole milliseconds. Default 0; at most 100 ms.</summary>
    public TimeSpan RtsBefore { get; init; }

    /// <summary>With RS-485: time between the last bit and RTS, in whole milliseconds. Default 0; at most 100 ms.</summary>
    public TimeSpan RtsAfter { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Path);
        ArgumentOutOfRangeException.ThrowIfLessThan(BaudRate, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BaudRate, 4_000_000);
        ArgumentOutOfRangeException.ThrowIfNotEqual(DataBits is 7 or 8, true, nameof(DataBits));
        ArgumentOutOfRangeException.ThrowIfNotEqual(StopBits is 1 or 2, true, nameof(StopBits));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RtsBefore, Rs485Line.MaxDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RtsAfter, Rs485Line.MaxDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(RtsBefore, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RtsAfter, TimeSpan.Zero);
    }
}
