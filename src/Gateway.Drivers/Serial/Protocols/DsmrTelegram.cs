using System.Globalization;
using System.Text;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial.Protocols;

/// <summary>
/// A telegram of a smart meter's P1 port: DSMR 2.2 to 5.0 and what Belgium and Luxembourg made of it. Lines
/// <c>1-0:1.7.0(01.193*kW)</c> between <c>/</c> and <c>!</c>; from version 4 on a CRC follows. P1 Companion Standard 5.0.2 §6.2.
/// </summary>
internal sealed class DsmrTelegram
{
    /// <summary>Present from version 4 on, where a CRC must follow the telegram.</summary>
    private const string VersionCode = "1-3:0.2.8";

    private const int MaxLength = 4096;

    /// <summary>How telegrams are told apart.</summary>
    public static readonly FrameLayout Layout = new()
    {
        Start = "/"u8.ToArray(),
        End = "!"u8.ToArray(),
        Closing = (byte)'\n',
        MaxLength = MaxLength,
        Check = new CheckP1(),
    };

    private readonly Dictionary<string, string[]> _objects = [];

    private DsmrTelegram()
    {
    }

    /// <summary>The codes that it has.</summary>
    public IEnumerable<string> Codes => _objects.Keys;

    /// <summary>What stands in the brackets behind a code; null if the telegram does not have it.</summary>
    public IReadOnlyList<string>? Find(string code) => _objects.GetValueOrDefault(code);

    /// <summary>Reads an intact telegram.</summary>
    public static DsmrTelegram Parse(ReadOnlySpan<byte> frame)
    {
        var telegram = new DsmrTelegram();
        string? code = null;
        foreach (var line in Encoding.ASCII.GetString(frame).Split('\n', StringSplitOptions.TrimEntries))
        {
            var bracket = line.IndexOf('(', StringComparison.Ordinal);
            if (bracket < 0)
            {
                continue;
            }

            // Version 2 has a gas meter's reading on a line of its own.
            var groups = line[(bracket + 1)..].TrimEnd(')').Split(")(");
            code = bracket > 0 ? line[..bracket] : code;
            if (code is not null)
            {
                telegram._objects[code] = bracket == 0 && telegram._objects.TryGetValue(code, out var begun) ? [.. begun, .. groups] : groups;
            }
        }

        return telegram;
    }

    private sealed class CheckP1 : IFrameCheck
    {
        private static readonly Crc Crc16 = new(new CrcParameters(16, 0x8005, 0, true, true, 0));
        private static readonly byte[] Version = Encoding.ASCII.GetBytes(VersionCode);

        public bool IsIntact(ReadOnlySpan<byte> frame)
        {
            var end = frame.IndexOf((byte)'!') + 1;
            var said = frame[end..].TrimEnd("\r\n"u8);
            return said.IsEmpty
                ? frame.IndexOf(Version) < 0
                : said.Length == 4
                    && ushort.TryParse(said, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
                    && crc == Crc16.Compute(frame[..end]);
        }
    }
}
