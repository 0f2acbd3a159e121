using System.Globalization;
using System.Text;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial.Protocols;

/// <summary>
/// A sentence of NMEA 0183: <c>$GPGGA,123519,…,*47</c>. The checksum is the exclusive or of what is between <c>$</c> and <c>*</c>, in two digits.
/// </summary>
/// <param name="Type">Its three letters, whoever talks: <c>GGA</c>.</param>
/// <param name="Fields">What follows, by place from 1; a field that is not there is empty.</param>
internal sealed record NmeaSentence(string Type, IReadOnlyList<string> Fields)
{
    private const int MaxLength = 256; // the standard has 82; makers' own sentences are longer

    /// <summary>How sentences are told apart.</summary>
    public static readonly FrameLayout Layout = new()
    {
        Start = "$"u8.ToArray(),
        End = "\n"u8.ToArray(),
        MaxLength = MaxLength,
        Check = new Check0183(),
    };

    /// <summary>A field; empty if the sentence ends before it.</summary>
    public string this[int place] => place <= Fields.Count ? Fields[place - 1] : "";

    /// <summary>Reads an intact sentence; null if it is not of the standard's form, such as a maker's own.</summary>
    public static NmeaSentence? Parse(ReadOnlySpan<byte> frame)
    {
        var star = frame.LastIndexOf((byte)'*');
        if (star < 0)
        {
            return null;
        }

        var parts = Encoding.ASCII.GetString(frame[1..star]).Split(',');
        return parts[0].Length == 5 && parts[0][0] != 'P' ? new NmeaSentence(parts[0][2..], parts[1..]) : null;
    }

    private sealed class Check0183 : IFrameCheck
    {
        public bool IsIntact(ReadOnlySpan<byte> frame)
        {
            var star = frame.LastIndexOf((byte)'*');
            if (star < 1 || star + 3 > frame.Length
                || !byte.TryParse(frame.Slice(star + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var said))
            {
                return false;
            }

            byte sum = 0;
            foreach (var value in frame[1..star])
            {
                sum ^= value;
            }

            return sum == said;
        }
    }
}
