using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>
/// What goes wrong with the answers of a simulated unit. Each share is the part of the answers that it befalls, 0 to 1;
/// one answer suffers one of them, and together they are at most 1. By default nothing goes wrong.
/// </summary>
public sealed record ModbusFaults
{
    /// <summary>How long every answer takes. Default 0.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The most that is added to <see cref="Delay"/>, at random. Default 0.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The share of requests without an answer.</summary>
    public double Drop { get; init; }

    /// <summary>The share of answers with a bit flipped; over TCP, which has no checksum, in the transaction id.</summary>
    public double Corrupt { get; init; }

    /// <summary>The share of requests that are refused with <see cref="ExceptionCode"/>.</summary>
    public double Exception { get; init; }

    /// <summary>With what they are refused. Default: busy.</summary>
    public ExceptionCode ExceptionCode { get; init; } = ExceptionCode.ServerDeviceBusy;

    /// <summary>The share of answers in the name of the next unit.</summary>
    public double WrongUnit { get; init; }

    /// <summary>The share of answers that come later by <see cref="LateBy"/>, while other requests are served.</summary>
    public double Late { get; init; }

    /// <summary>How much later. Default 1.5 s.</summary>
    public TimeSpan LateBy { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The share of answers that come twice.</summary>
    public double Duplicate { get; init; }

    /// <summary>The share of answers in place of which up to 64 random bytes come.</summary>
    public double Babble { get; init; }

    /// <summary>Makes the same happen again in every run. Default 0.</summary>
    public int Seed { get; init; }
}
