using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Framing;

/// <summary>What bytes are, seen from the first of them.</summary>
internal enum FrameStatus
{
    /// <summary>They may be the beginning of a frame.</summary>
    Incomplete,

    /// <summary>They begin with a whole frame whose checksum is right.</summary>
    Whole,

    /// <summary>No frame begins here.</summary>
    Garbage,
}

/// <summary>A frame that was found.</summary>
/// <param name="UnitId">Whose it is.</param>
/// <param name="PduLength">How many bytes its PDU has.</param>
/// <param name="Length">How many bytes it takes; of garbage, how many are to be passed over.</param>
internal readonly record struct SerialFrame(byte UnitId, int PduLength, int Length);

/// <summary>
/// How frames are told apart that carry no transaction id: RTU and ASCII. Modbus over Serial Line 1.02 §2.5.
/// Stateless.
/// </summary>
internal abstract class SerialFraming
{
    /// <summary>Whether frames have marks at both ends; else they need silence between them.</summary>
    public abstract bool HasMarks { get; }

    /// <summary>The longest frame, bytes.</summary>
    public abstract int MaxFrameLength { get; }

    /// <summary>A frame that does not go on for so long is given up.</summary>
    public abstract TimeSpan MaxGapInFrame { get; }

    public static SerialFraming Of(ModbusFraming framing) => framing switch
    {
        ModbusFraming.Rtu => new RtuFraming(),
        ModbusFraming.Ascii => new AsciiFraming(),
        _ => throw new ArgumentOutOfRangeException(nameof(framing), framing, "There is no such serial framing."),
    };

    /// <summary>The length of the frame around a PDU, bytes.</summary>
    public abstract int FrameLength(int pduLength);

    /// <summary>Writes a frame; returns its length.</summary>
    public abstract int Write(Span<byte> frame, byte unitId, ReadOnlySpan<byte> pdu);

    /// <summary>Looks at the first of these bytes, of which there is at least one.</summary>
    /// <param name="bytes">What was received.</param>
    /// <param name="lengthOf">How long PDUs of this direction are.</param>
    /// <param name="pdu">Takes the PDU of a whole frame; room for the longest.</param>
    /// <param name="frame">What was found.</param>
    public abstract FrameStatus Read(ReadOnlySpan<byte> bytes, PduLengthRule lengthOf, Span<byte> pdu, out SerialFrame frame);
}
