using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Drivers.Serial.Framing;

/// <summary>How a checksum is reckoned.</summary>
internal enum ChecksumKind
{
    /// <summary>The bytes added up.</summary>
    Sum,

    /// <summary>The bytes combined by exclusive or.</summary>
    Xor,

    /// <summary>A cyclic redundancy check.</summary>
    Crc,
}

/// <summary>A checksum within a frame. Offsets are from the frame's first byte, or from behind its last if they are negative. Immutable, thread-safe.</summary>
internal sealed class Checksum : IFrameCheck
{
    private readonly Crc? _crc;
    private readonly uint _mask;

    /// <param name="kind">How it is reckoned.</param>
    /// <param name="parameters">Width, start value and final exclusive or of every kind; the rest is a CRC's.</param>
    public Checksum(ChecksumKind kind, CrcParameters parameters)
    {
        Kind = kind;
        Parameters = parameters;
        _crc = kind == ChecksumKind.Crc ? new Crc(parameters) : null;
        _mask = parameters.Width == 32 ? uint.MaxValue : (1u << parameters.Width) - 1;
    }

    public ChecksumKind Kind { get; }

    public CrcParameters Parameters { get; }

    /// <summary>Where it stands.</summary>
    public required int At { get; init; }

    /// <summary>The first byte that it covers. Default 0.</summary>
    public int From { get; init; }

    /// <summary>The byte behind the last that it covers. Default where it stands itself.</summary>
    public int? To { get; init; }

    /// <summary>Whether its low byte comes first. Default false.</summary>
    public bool IsLittleEndian { get; init; }

    /// <summary>Whether it is written in hexadecimal digits, two a byte. Default false.</summary>
    public bool IsText { get; init; }

    private int Bytes => Parameters.Width / 8;

    public bool IsIntact(ReadOnlySpan<byte> frame)
    {
        var at = Place(At, frame);
        var from = Place(From, frame);
        var to = Place(To ?? At, frame);
        var size = IsText ? 2 * Bytes : Bytes;
        return at >= 0 && at + size <= frame.Length && from >= 0 && from <= to && to <= frame.Length
            && TryRead(frame.Slice(at, size), out var found)
            && found == Compute(frame[from..to]);
    }

    /// <summary>The checksum of some bytes.</summary>
    public uint Compute(ReadOnlySpan<byte> bytes)
    {
        if (_crc is not null)
        {
            return _crc.Compute(bytes);
        }

        var result = Parameters.Initial;
        foreach (var value in bytes)
        {
            result = Kind == ChecksumKind.Sum ? result + value : result ^ value;
        }

        return (result ^ Parameters.XorOut) & _mask;
    }

    /// <summary>Adds the checksum of what is there, in the form that it has in frames. <see cref="From"/> is not negative.</summary>
    public void Append(List<byte> bytes)
    {
        var sum = Compute(CollectionsMarshal.AsSpan(bytes)[Math.Min(From, bytes.Count)..]);
        var field = Enumerable.Range(0, Bytes).Select(i => (byte)(sum >> (8 * (IsLittleEndian ? i : Bytes - 1 - i)))).ToArray();
        bytes.AddRange(IsText ? Encoding.ASCII.GetBytes(sum.ToString($"X{2 * Bytes}", CultureInfo.InvariantCulture)) : field);
    }

    private static int Place(int offset, ReadOnlySpan<byte> frame) => offset < 0 ? frame.Length + offset : offset;

    private bool TryRead(ReadOnlySpan<byte> field, out uint value)
    {
        value = 0;
        if (IsText)
        {
            return uint.TryParse(field, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        for (var i = 0; i < field.Length; i++)
        {
            value = (value << 8) | field[IsLittleEndian ? field.Length - 1 - i : i];
        }

        return true;
    }
}
