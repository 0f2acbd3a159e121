using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Framing;

/// <summary>
/// Walks over received bytes from one valid response frame to the next. It resynchronises by trying each byte as a
/// frame's first; the caller's buffer bounds the work.
/// </summary>
internal ref struct RtuScanner
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">What was received, from the oldest byte that counts.</param>
    public RtuScanner(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Where the current frame begins.</summary>
    public int Start { get; private set; }

    /// <summary>Where the current frame ends, and the search goes on.</summary>
    public int End { get; private set; }

    /// <summary>Bytes passed over because they belong to no valid frame.</summary>
    public int StrayBytes { get; private set; }

    public readonly byte UnitId => _bytes[Start];

    /// <summary>The function that the frame answers, without the flag of an exception.</summary>
    public readonly byte Function => (byte)(_bytes[Start + RtuFrame.HeaderLength] & ~ResponseWriter.ExceptionFlag);

    public readonly Range PduRange => new(Start + RtuFrame.HeaderLength, End - RtuFrame.CrcLength);

    public readonly ReadOnlySpan<byte> Pdu => _bytes[PduRange];

    /// <summary>Goes to the next frame; false when there is none.</summary>
    public bool MoveNext()
    {
        for (Start = End; Start < _bytes.Length; Start++, StrayBytes++)
        {
            var rest = _bytes[Start..];
            var pduLength = PduLength.OfResponse(rest[RtuFrame.HeaderLength..]);
            var frameLength = pduLength + RtuFrame.Overhead;
            if (pduLength > 0 && frameLength <= rest.Length && RtuFrame.HasValidCrc(rest[..frameLength]))
            {
                End = Start + frameLength;
                return true;
            }
        }

        End = _bytes.Length;
        return false;
    }
}
