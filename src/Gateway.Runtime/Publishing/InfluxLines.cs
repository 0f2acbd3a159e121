using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Abstractions;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Writes measurements in InfluxDB's line protocol: <c>boiler,device=boiler,quality=good,site=plant1 flow=21.5 1763773323004000000</c>. Pure.
/// </summary>
/// <remarks>
/// The device is the measurement, so that points of one name and of several types do not meet in one field; each point is a field, and
/// measurements of one quality are one line. Every number is written without a suffix, as a float: a point whose map gets a scale, or whose
/// sums come out whole, keeps the type of its field, and so does one with an <c>enum</c>, whose numbers without a text are texts. What has no value is the text field <c>{point}_error</c>, a list is a text of JSON.
/// </remarks>
public static class InfluxLines
{
    // These have a meaning of their own in names; a space ends one.
    private static readonly SearchValues<char> NameSigns = SearchValues.Create(", =");
    private static readonly SearchValues<char> MeasurementSigns = SearchValues.Create(", ");
    private static readonly SearchValues<char> TextSigns = SearchValues.Create("\"\\\n");
    private static readonly Quality[] Qualities = [Quality.Good, Quality.Uncertain, Quality.Stale, Quality.Bad];

    /// <summary>Writes what one record holds, lines parted by a line feed.</summary>
    /// <param name="output">Takes UTF-8.</param>
    /// <param name="site">The tag <c>site</c>.</param>
    /// <param name="measurements">Measurements of one device and one time.</param>
    /// <param name="isOfDevice">Whether they are one poll of a device.</param>
    /// <param name="isUnsynchronised">Whether the time cannot be believed: then there is a tag <c>clock=unsynchronised</c>.</param>
    public static void Write(IBufferWriter<byte> output, string site, IReadOnlyList<Measurement> measurements, bool isOfDevice = false, bool isUnsynchronised = false)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(measurements);
        var lines = 0;
        foreach (var quality in Qualities)
        {
            var fields = 0;
            for (var i = 0; i < measurements.Count; i++)
            {
                var measurement = measurements[i];
                if (measurement.Quality != quality)
                {
                    continue;
                }

                if (fields++ > 0)
                {
                    output.Write(","u8);
                }
                else
                {
                    output.Write(lines++ > 0 ? "\n"u8 : []);
                    WriteSeries(output, site, measurement.Device, quality, isUnsynchronised);
                }

                WriteField(output, measurement, PayloadWriter.IsMissing(measurement, isOfDevice));
            }

            if (fields > 0)
            {
                WriteTime(output, measurements[0].Time);
            }
        }
    }

    /// <summary>
    /// Lines with <c>quality=stale</c> where they said that the value is fresh, all else as it was. Null if they are none of those that
    /// <see cref="Write"/> writes.
    /// </summary>
    public static ReadOnlyMemory<byte>? MarkStale(ReadOnlyMemory<byte> lines)
    {
        var output = new ArrayBufferWriter<byte>(lines.Length + 16);
        foreach (var range in lines.Span.Split((byte)'\n'))
        {
            var line = lines.Span[range];
            if (FindQuality(line) is not { } quality || StaleMark.LooksFresh(Encoding.UTF8.GetString(line[quality])) is not { } isFresh)
            {
                return null;
            }

            output.Write(output.WrittenCount > 0 ? "\n"u8 : []);
            output.Write(line[..quality.Start]);
            output.Write(isFresh ? "stale"u8 : line[quality]);
            output.Write(line[quality.End..]);
        }

        return output.WrittenMemory;
    }

    // Behind the tags of the device, in whose names each comma has a backslash before it, and before that of the site.
    private static Range? FindQuality(ReadOnlySpan<byte> line)
    {
        var from = 0;
        for (int next; (next = line[from..].IndexOf(",quality="u8)) >= 0; from += next + 1)
        {
            var start = from + next + ",quality=".Length;
            if (from + next > 0 && line[from + next - 1] != '\\' && line[start..].IndexOf(",site="u8) is >= 0 and var length)
            {
                return start..(start + length);
            }
        }

        return null;
    }

    // Tags in the order of their names, which the server need not bring about.
    private static void WriteSeries(IBufferWriter<byte> output, string site, string device, Quality quality, bool isUnsynchronised)
    {
        WriteName(output, device, MeasurementSigns);
        output.Write(isUnsynchronised ? ",clock=unsynchronised,device="u8 : ",device="u8);
        WriteName(output, device, NameSigns);
        output.Write(",quality="u8);
        Encoding.UTF8.GetBytes(PayloadWriter.NameOf(quality), output);
        output.Write(",site="u8);
        WriteName(output, site, NameSigns);
        output.Write(" "u8);
    }

    private static void WriteField(IBufferWriter<byte> output, in Measurement measurement, bool isMissing)
    {
        // A field may not be called 'time', and one that is called as a tag is hard to ask for.
        WriteName(output, measurement.Point, NameSigns);
        output.Write(!isMissing && measurement.Point is ("time" or "clock" or "device" or "quality" or "site") ? "_"u8 : []);
        if (isMissing)
        {
            output.Write("_error="u8);
            WriteText(output, measurement.Reason ?? "bad");
            return;
        }

        output.Write("="u8);
        if (measurement.Value.Kind is PointValueKind.Text or PointValueKind.List || measurement.Reason == Scaling.UnknownText)
        {
            WriteText(output, measurement.Value.ToString());
            return;
        }

        PayloadWriter.WriteBareValue(output, measurement.Value);
    }

    // A backslash stands for itself, but not before one of the signs or at the end, where it would take the meaning of what follows: there it goes.
    private static void WriteName(IBufferWriter<byte> output, ReadOnlySpan<char> name, SearchValues<char> signs)
    {
        for (int next; (next = name.IndexOfAny(signs)) >= 0; name = name[(next + 1)..])
        {
            Encoding.UTF8.GetBytes(name[..next].TrimEnd('\\'), output);
            output.Write([(byte)'\\', (byte)name[next]]);
        }

        Encoding.UTF8.GetBytes(name.TrimEnd('\\'), output);
    }

    // A line feed, which the protocol knows only as the end of a line, becomes a backslash and an n.
    private static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        output.Write("\""u8);
        for (int next; (next = text.IndexOfAny(TextSigns)) >= 0; text = text[(next + 1)..])
        {
            Encoding.UTF8.GetBytes(text[..next], output);
            output.Write([(byte)'\\', text[next] == '\n' ? (byte)'n' : (byte)text[next]]);
        }

        Encoding.UTF8.GetBytes(text, output);
        output.Write("\""u8);
    }

    private static void WriteTime(IBufferWriter<byte> output, DateTimeOffset time)
    {
        var nanoseconds = (Int128)(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
        output.Write(" "u8);
        nanoseconds.TryFormat(output.GetSpan(40), out var length, default, CultureInfo.InvariantCulture);
        output.Advance(length);
    }
}
