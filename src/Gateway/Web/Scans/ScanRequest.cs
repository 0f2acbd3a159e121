namespace Gateway.Web.Scans;

/// <summary>What the page wants to be looked for, or read: the flags of <c>gateway scan</c> and <c>gateway probe</c>. What is left out is as it is there.</summary>
internal sealed record ScanRequest
{
    /// <summary>modbus, i2c, gpio, onewire, sysfs or serial.</summary>
    public string? Kind { get; init; }

    /// <summary>The serial port of a Modbus line.</summary>
    public string? Port { get; init; }

    /// <summary>The address of a Modbus device on the network.</summary>
    public string? Host { get; init; }

    /// <summary>Bits per second, one or several with commas.</summary>
    public string? Baud { get; init; }

    /// <summary>none, even or odd, one or several with commas.</summary>
    public string? Parity { get; init; }

    /// <summary>1 or 2.</summary>
    public int? StopBits { get; init; }

    /// <summary>rtu, ascii or tcp.</summary>
    public string? Framing { get; init; }

    /// <summary>How long a device may take to begin its answer, such as 500 ms.</summary>
    public string? Timeout { get; init; }

    /// <summary>The unit ids of a scan, such as 1-10,20.</summary>
    public string? Units { get; init; }

    /// <summary>The I2C adapter; null: all.</summary>
    public string? Bus { get; init; }

    /// <summary>The unit id of a probe.</summary>
    public int? Unit { get; init; }

    /// <summary>holding, input, coil or discrete.</summary>
    public string? Table { get; init; }

    /// <summary>The first address of a probe, zero-based.</summary>
    public int? Address { get; init; }

    /// <summary>How many a probe reads.</summary>
    public int? Count { get; init; }

    /// <summary>The flags of a Modbus line, as the command line has them.</summary>
    public IReadOnlyList<string> LineFlags =>
    [
        .. Flag("--port", Port), .. Flag("--host", Host), .. Flag("--baud", Baud), .. Flag("--parity", Parity),
        .. Flag("--stop-bits", StopBits?.ToString(System.Globalization.CultureInfo.InvariantCulture)), .. Flag("--framing", Framing), .. Flag("--timeout", Timeout),
    ];

    private static IEnumerable<string> Flag(string name, string? value) => string.IsNullOrWhiteSpace(value) ? [] : [$"{name}={value}"];
}
