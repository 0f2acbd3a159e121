namespace Gateway.Modbus.Pdu;

/// <summary>
/// How long the answer to a request of one's own making is. Over TCP it is checked; RTU needs it to find the answer's
/// end, as its frames carry no length. The default value stands for <see cref="Standard"/>.
/// </summary>
public readonly record struct ResponseShape
{
    private readonly Kind _kind;
    private readonly int _length;

    private ResponseShape(Kind kind, int length)
    {
        _kind = kind;
        _length = length;
    }

    private enum Kind
    {
        Standard,
        Fixed,
        Counted,
        UntilSilence,
    }

    /// <summary>As the standard says for the function; <see cref="UntilSilence"/> for functions that it does not define.</summary>
    public static ResponseShape Standard => default;

    /// <summary>
    /// Whatever comes until the line is silent for 50 ms, if its checksum is right. Slower than the others, and more
    /// easily deceived: say what is known.
    /// </summary>
    public static ResponseShape UntilSilence => new(Kind.UntilSilence, 0);

    /// <summary>So many bytes, the function code included: 1 to 253.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No PDU is that long.</exception>
    public static ResponseShape Fixed(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ModbusLimits.MaxPduLength);
        return new(Kind.Fixed, length);
    }

    /// <summary>The byte at this place, counted from the function code as 0, says how many bytes follow it. 1 to 251.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no room for a byte behind it.</exception>
    public static ResponseShape Counted(int at)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(at, ModbusLimits.MaxPduLength - 2);
        return new(Kind.Counted, at);
    }

    /// <summary>The length of the response, as <see cref="PduLength"/> tells it.</summary>
    internal int LengthOf(ReadOnlySpan<byte> pdu)
    {
        if (pdu.IsEmpty)
            return PduLength.Incomplete;
        if ((pdu[0] & ResponseWriter.ExceptionFlag) != 0)
            return 2;

        return _kind switch
        {
            Kind.Fixed => _length,
            Kind.Counted when pdu.Length <= _length => PduLength.Incomplete,
            Kind.Counted => _length + 1 + pdu[_length] is var length and <= ModbusLimits.MaxPduLength ? length : PduLength.Unknown,
            Kind.Standard when PduLength.OfResponse(pdu) is var length and not PduLength.Unknown => length,
            _ => PduLength.UntilSilence,
        };
    }
}
