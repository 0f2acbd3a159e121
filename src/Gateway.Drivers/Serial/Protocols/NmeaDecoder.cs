using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Protocols;

/// <summary>
/// Position, movement and their trustworthiness from GGA, RMC, VTG and GSA. What two kinds of sentence tell is taken from
/// the better one while it comes. Without a fix the points of the position are bad; what is estimated is uncertain.
/// </summary>
internal sealed class NmeaDecoder : IFrameDecoder
{
    private const int MaxPassedOver = 5;
    private const decimal KilometresPerHourOfKnot = 1.852m;

    // Field → the kinds of sentence that tell it, the better first.
    private static readonly Dictionary<string, string[]> Sources = new()
    {
        ["latitude"] = ["GGA", "RMC"],
        ["longitude"] = ["GGA", "RMC"],
        ["altitude"] = ["GGA"],
        ["geoid-separation"] = ["GGA"],
        ["fix-quality"] = ["GGA"],
        ["satellites"] = ["GGA"],
        ["hdop"] = ["GGA", "GSA"],
        ["time"] = ["RMC"],
        ["speed"] = ["VTG", "RMC"],
        ["course"] = ["VTG", "RMC"],
        ["fix-mode"] = ["GSA"],
        ["pdop"] = ["GSA"],
        ["vdop"] = ["GSA"],
    };

    private readonly (PointDefinition Point, string Field)[] _points;
    private readonly Dictionary<PointDefinition, int> _passedOver = [];

    /// <param name="points">The points, each with its <c>field</c>.</param>
    public NmeaDecoder(IEnumerable<PointDefinition> points) => _points = [.. points.Select(point => (point, point.Settings.Get<string>("field")))];

    public void Decode(ReadOnlySpan<byte> frame, DateTimeOffset time, ICollection<DecodedValue> values)
    {
        if (NmeaSentence.Parse(frame) is not { } sentence)
        {
            return;
        }

        foreach (var (point, field) in _points)
        {
            var rank = Array.IndexOf(Sources[field], sentence.Type);
            if (rank >= 0 && IsBest(point, rank))
            {
                values.Add(Read(sentence, point, field));
            }
        }
    }

    // A worse source counts once the better one has not come for a while.
    private bool IsBest(PointDefinition point, int rank)
    {
        if (rank == 0)
        {
            _passedOver[point] = 0;
            return true;
        }

        if (!_passedOver.TryGetValue(point, out var passedOver) || passedOver >= MaxPassedOver)
        {
            return true;
        }

        _passedOver[point] = passedOver + 1;
        return false;
    }

    private static DecodedValue Read(NmeaSentence sentence, PointDefinition point, string field) => (sentence.Type, field) switch
    {
        ("GGA", "latitude") => Judge(point, GgaTrust(sentence), Angle(sentence[2], sentence[3], 2)),
        ("GGA", "longitude") => Judge(point, GgaTrust(sentence), Angle(sentence[4], sentence[5], 3)),
        ("GGA", "altitude") => Judge(point, GgaTrust(sentence), Number(sentence[9])),
        ("GGA", "geoid-separation") => Judge(point, GgaTrust(sentence), Number(sentence[11])),
        ("GGA", "hdop") => Judge(point, GgaTrust(sentence), Number(sentence[8])),
        ("GGA", "fix-quality") => Plain(point, Whole(sentence[6])),
        ("GGA", _) => Plain(point, Whole(sentence[7])),
        ("RMC", "latitude") => Judge(point, RmcTrust(sentence), Angle(sentence[3], sentence[4], 2)),
        ("RMC", "longitude") => Judge(point, RmcTrust(sentence), Angle(sentence[5], sentence[6], 3)),
        ("RMC", "speed") => Judge(point, RmcTrust(sentence), Number(sentence[7], KilometresPerHourOfKnot)),
        ("RMC", "course") => Judge(point, RmcTrust(sentence), Number(sentence[8])),
        ("RMC", _) => Plain(point, Time(sentence[9], sentence[1])),
        ("VTG", "speed") => Judge(point, ModeTrust(sentence[9]), Number(sentence[7])),
        ("VTG", _) => Judge(point, ModeTrust(sentence[9]), Number(sentence[1])),
        ("GSA", "fix-mode") => Plain(point, Whole(sentence[2])),
        ("GSA", "pdop") => Judge(point, GsaTrust(sentence), Number(sentence[15])),
        ("GSA", "hdop") => Judge(point, GsaTrust(sentence), Number(sentence[16])),
        _ => Judge(point, GsaTrust(sentence), Number(sentence[17])),
    };

    private static DecodedValue Plain(PointDefinition point, PointValue? value) => Judge(point, (Quality.Good, null), value);

    private static DecodedValue Judge(PointDefinition point, (Quality Quality, string? Reason) trust, PointValue? value) => trust.Quality switch
    {
        Quality.Bad => DecodedValue.Bad(point, trust.Reason!),
        _ when value is null => DecodedValue.Bad(point, SerialReasons.NoValue),
        _ => new DecodedValue(point, value.Value, trust.Quality, trust.Reason),
    };

    // Fix quality: 0 none, 1 GPS, 2 differential, 3 PPS, 4 RTK, 5 float RTK, 6 dead reckoning, 7 manual, 8 simulator.
    private static (Quality, string?) GgaTrust(NmeaSentence sentence) => sentence[6] switch
    {
        "" or "0" => (Quality.Bad, SerialReasons.NoFix),
        "6" => (Quality.Uncertain, "estimated"),
        "7" => (Quality.Uncertain, "manual"),
        "8" => (Quality.Uncertain, "simulated"),
        _ => (Quality.Good, null),
    };

    // Status A or V; from version 2.3 on the mode says how the fix was found.
    private static (Quality, string?) RmcTrust(NmeaSentence sentence) =>
        sentence[2] == "A" ? ModeTrust(sentence[12]) : (Quality.Bad, SerialReasons.NoFix);

    private static (Quality, string?) ModeTrust(string mode) => mode switch
    {
        "N" => (Quality.Bad, SerialReasons.NoFix),
        "E" => (Quality.Uncertain, "estimated"),
        "M" => (Quality.Uncertain, "manual"),
        "S" => (Quality.Uncertain, "simulated"),
        _ => (Quality.Good, null),
    };

    private static (Quality, string?) GsaTrust(NmeaSentence sentence) =>
        sentence[2] is "" or "1" ? (Quality.Bad, SerialReasons.NoFix) : (Quality.Good, null);

    private static PointValue? Number(string text, decimal factor = 1) =>
        decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && Math.Abs(number) < 1_000_000_000
            ? PointValue.From(number * factor)
            : null;

    private static PointValue? Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? PointValue.From((long)number) : null;

    // dddmm.mmmm and a letter → degrees, south and west negative.
    private static PointValue? Angle(string text, string letter, int degreeDigits)
    {
        if (text.Length <= degreeDigits
            || !int.TryParse(text.AsSpan(0, degreeDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var degrees)
            || !decimal.TryParse(text.AsSpan(degreeDigits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes)
            || minutes >= 60
            || letter is not ("N" or "S" or "E" or "W"))
        {
            return null;
        }

        var angle = decimal.Round(degrees + (minutes / 60), 7);
        return PointValue.From(letter is "S" or "W" ? -angle : angle);
    }

    // ddmmyy and hhmmss.ss → 2026-11-22T01:02:03Z.
    private static PointValue? Time(string date, string time)
    {
        var text = date + (time.Length >= 6 ? time[..6] : "");
        return DateTime.TryParseExact(text, "ddMMyyHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var utc)
            ? PointValue.From(utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))
            : null;
    }
}
