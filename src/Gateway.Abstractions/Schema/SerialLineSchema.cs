namespace Gateway.Abstractions.Schema;

/// <summary>The keys of a serial line, the same wherever there is one.</summary>
public static class SerialLineSchema
{
    /// <summary>What to say of the port.</summary>
    public const string PortDescription =
        "The serial port; a path below /dev/serial/by-id stays the same when adapters are plugged elsewhere, and so does "
        + "usb:VENDOR:PRODUCT or usb:VENDOR:PRODUCT:SERIAL, with the ids that lsusb shows.";

    /// <summary>The keys, without the port.</summary>
    /// <param name="baud">The default of <c>baud</c>, and where it comes from.</param>
    /// <param name="parity">The default of <c>parity</c>, and where it comes from.</param>
    /// <param name="dataBits">What there is to say about <c>data-bits</c>.</param>
    /// <param name="stopBits">What there is to say about <c>stop-bits</c>.</param>
    /// <param name="defaultDataBits">The default of <c>data-bits</c>.</param>
    public static IEnumerable<KeySchema> Create(
        (long Value, string Origin) baud, (string Value, string Origin) parity, string dataBits, string stopBits, long defaultDataBits = 8) =>
    [
        new()
        {
            Name = "baud",
            Type = KeyType.Integer,
            Default = baud.Value,
            Minimum = 50,
            Maximum = 4_000_000,
            Unit = "bit/s",
            Description = $"The line's speed, any that the adapter can{baud.Origin}.",
            Example = "9600",
        },
        new()
        {
            Name = "data-bits",
            Type = KeyType.Integer,
            Default = defaultDataBits,
            Minimum = 7,
            Maximum = 8,
            Description = $"Bits of a character{dataBits}.",
            Example = "8",
        },
        new()
        {
            Name = "parity",
            Type = KeyType.Choice,
            Choices = ["none", "even", "odd", "mark", "space"],
            Default = parity.Value,
            Description = $"The parity bit{parity.Origin}.",
            Example = "even",
        },
        new()
        {
            Name = "stop-bits",
            Type = KeyType.Integer,
            Default = 1L,
            Minimum = 1,
            Maximum = 2,
            Description = $"Stop bits of a character{stopBits}.",
            Example = "1",
        },
        new()
        {
            Name = "rs485",
            Type = KeyType.Choice,
            Choices = ["kernel", "rts"],
            Description = "Who switches the transceiver of an adapter that does not do it by itself: the port's driver (kernel, exact), or the gateway by RTS around each write (rts).",
            Example = "kernel",
        },
        new()
        {
            Name = "rts-active",
            Type = KeyType.Choice,
            Choices = ["high", "low"],
            Default = "high",
            Description = "With rs485: the level of RTS while sending.",
            Example = "low",
        },
        RtsDelay("rts-before", "With rs485: time between RTS and the first bit, in whole milliseconds."),
        RtsDelay("rts-after", "With rs485: time between the last bit and RTS, in whole milliseconds."),
    ];

    private static KeySchema RtsDelay(string name, string description) => new()
    {
        Name = name,
        Type = KeyType.Duration,
        Default = TimeSpan.Zero,
        Minimum = 0,
        Maximum = 0.1m,
        Description = description,
        Example = "1 ms",
    };
}
