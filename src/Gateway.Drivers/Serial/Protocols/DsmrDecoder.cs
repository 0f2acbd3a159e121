using System.Globalization;
using Gateway.Abstractions;
using Gateway.Drivers.Serial.Fields;

namespace Gateway.Drivers.Serial.Protocols;

/// <summary>
/// Values of P1 telegrams: the last bracket behind a code, in the unit of the point where the telegram has the same with
/// another prefix. Times and hexadecimal texts are read as what they stand for.
/// </summary>
internal sealed class DsmrDecoder(IReadOnlyList<DsmrPoint> points) : IFrameDecoder
{
    private const int Channels = 4;

    // In version 5 the value converted to normal temperature or not, in version 2 the reading of the hour.
    private static readonly string[] ReadingObjects = ["24.2.1", "24.2.3", "24.3.0"];

    private static readonly (string Unit, string Base, decimal Factor)[] Units =
    [
        ("W", "W", 1), ("kW", "W", 1000), ("MW", "W", 1_000_000),
        ("Wh", "Wh", 1), ("kWh", "Wh", 1000), ("MWh", "Wh", 1_000_000),
        ("var", "var", 1), ("kvar", "var", 1000),
        ("varh", "varh", 1), ("kvarh", "varh", 1000),
        ("VA", "VA", 1), ("kVA", "VA", 1000),
        ("V", "V", 1), ("kV", "V", 1000),
        ("A", "A", 1), ("mA", "A", 0.001m),
        ("m3", "m3", 1), ("m³", "m3", 1), ("dm3", "m3", 0.001m), ("l", "m3", 0.001m),
        ("J", "J", 1), ("MJ", "J", 1_000_000), ("GJ", "J", 1_000_000_000),
    ];

    public void Decode(ReadOnlySpan<byte> frame, DateTimeOffset time, ICollection<DecodedValue> values)
    {
        var telegram = DsmrTelegram.Parse(frame);
        foreach (var point in points)
        {
            var found = point.Code is null ? FindMeter(telegram, point.DeviceTypes) : telegram.Find(point.Code);
            if (found is { Count: > 0 })
            {
                values.Add(Read(point, found));
            }
        }
    }

    private static IReadOnlyList<string>? FindMeter(DsmrTelegram telegram, IReadOnlyList<int> types)
    {
        for (var channel = 1; channel <= Channels; channel++)
        {
            var type = telegram.Find($"0-{channel}:24.1.0");
            if (type is [var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && types.Contains(number))
            {
                return ReadingObjects.Select(reading => telegram.Find($"0-{channel}:{reading}")).FirstOrDefault(found => found is not null);
            }
        }

        return null;
    }

    private static DecodedValue Read(DsmrPoint point, IReadOnlyList<string> groups)
    {
        var (text, unit) = Split(groups);
        if (point.IsText)
        {
            return text.Length == 0 ? DecodedValue.Bad(point.Point, SerialReasons.NoValue) : DecodedValue.Good(point.Point, PointValue.From(FromHex(text) ?? text));
        }

        if (ReadTime(text) is { } time)
        {
            return DecodedValue.Good(point.Point, PointValue.From(time));
        }

        var value = TextValue.Decode(point.Point, text, TextKind.Either);
        return unit is null || point.Point.Unit is not { } wanted || unit == wanted || !value.Value.TryGetNumber(out var number) ? value
            : Convert(number, unit, wanted) is { } converted ? DecodedValue.Good(point.Point, PointValue.From(converted))
            : DecodedValue.Bad(point.Point, SerialReasons.OtherUnit);
    }

    // Version 2 has the unit of a gas meter in the bracket before the value's.
    private static (string Text, string? Unit) Split(IReadOnlyList<string> groups)
    {
        var last = groups[^1];
        var star = last.IndexOf('*', StringComparison.Ordinal);
        return star >= 0 ? (last[..star], last[(star + 1)..])
            : groups.Count == 7 ? (last, groups[^2])
            : (last, null);
    }

    private static decimal? Convert(decimal number, string from, string to)
    {
        var (source, target) = (Array.Find(Units, unit => unit.Unit == from), Array.Find(Units, unit => unit.Unit == to));
        return source.Base is not null && source.Base == target.Base ? number * source.Factor / target.Factor : null;
    }

    // Octet strings are written in hexadecimal: 4B384547 is K8EG.
    private static string? FromHex(string text)
    {
        if (text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigit))
        {
            return null;
        }

        var bytes = System.Convert.FromHexString(text);
        return Array.TrueForAll(bytes, value => value is >= 0x20 and < 0x7F) ? System.Text.Encoding.ASCII.GetString(bytes) : null;
    }

    // YYMMDDhhmmss with W for winter or S for summer time of central Europe. §6.4.
    private static string? ReadTime(string text)
    {
        if (text.Length != 13 || text[^1] is not ('W' or 'S')
            || !DateTime.TryParseExact(text[..12], "yyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return null;
        }

        return local.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + (text[^1] == 'W' ? "+01:00" : "+02:00");
    }
}
