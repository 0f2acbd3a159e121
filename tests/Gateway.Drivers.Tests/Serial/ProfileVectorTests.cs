using System.Text;
using System.Text.RegularExpressions;
using Gateway.Abstractions;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Serial.Framing;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>Telegrams of real devices through the profiles that ship: <c>tests/data/serial</c>.</summary>
public sealed class ProfileVectorTests
{
    private static readonly string Data = Path.Combine(Repository.Root, "tests", "data", "serial");
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);

    public static TheoryData<string, string, string> Frames
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var cells in Rows("frames.tsv"))
            {
                data.Add(cells[0], cells[1], cells[2]);
            }

            foreach (var cells in Rows("dsmr.tsv"))
            {
                data.Add("dsmr/p1", "telegram " + cells[0], cells[1]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_frame_becomes_the_values_of_its_points(string profile, string frame, string expected)
    {
        var device = SerialMaps.OfProfile(profile);
        var values = Decode(device, Assert.Single(Scan(device, [BytesOf(frame)]).Frames));

        Assert.Equal(expected.Split(' ').Order(), values.Order());
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_frame_is_found_however_it_is_split_and_whatever_is_around_it(string profile, string frame, string expected)
    {
        Assert.NotEmpty(expected);
        var device = SerialMaps.OfProfile(profile);
        var bytes = BytesOf(frame);
        foreach (var split in Enumerable.Range(0, bytes.Length))
        {
            Assert.Equal([bytes], Scan(device, [bytes[..split], bytes[split..]]).Frames);
        }

        Assert.Equal([bytes, bytes], Scan(device, [.. bytes.Concat(bytes).Select(value => new[] { value })]).Frames);
        // Noise that is no start, the second half of a frame, and a frame that was cut off by the next. A line without a start takes noise for its own.
        if (device.Layout.Start.Length > 0)
        {
            byte[] noise = [0x00, 0x80, 0x7F, 0x0D];
            Assert.Equal([bytes], Scan(device, [noise, bytes, noise]).Frames);
            Assert.Equal([bytes], Scan(device, [bytes[(bytes.Length / 2)..], bytes]).Frames);
        }

        if (device.Layout.Check is not null)
        {
            Assert.Equal(bytes, Scan(device, [bytes[..(bytes.Length / 2)], bytes, bytes]).Frames[^1]);
        }
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_damaged_frame_is_counted_and_no_value(string profile, string frame, string expected)
    {
        Assert.NotEmpty(expected);
        var device = SerialMaps.OfProfile(profile);
        var bytes = BytesOf(frame);
        if (device.Layout.Check is null || (profile == "dsmr/p1" && bytes[^3] == '!'))
        {
            return; // a line of text, or a telegram of a version that has no checksum
        }

        // Every byte that the checksum covers and that neither starts nor ends the frame.
        foreach (var at in Enumerable.Range(device.Layout.Start.Length, bytes.Length - device.Layout.Start.Length))
        {
            if (bytes[at] is (byte)'!' or (byte)'\r' or (byte)'\n' || (profile == "nova/sds011" && at == 9))
            {
                continue;
            }

            var damaged = bytes.ToArray();
            damaged[at] ^= 0x04;
            var found = Scan(device, [damaged, bytes, bytes]);
            Assert.DoesNotContain(damaged, found.Frames);
            Assert.Equal(bytes, found.Frames[^1]);
        }
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Whatever_comes_no_frame_is_longer_than_it_may_be_and_nothing_throws(string profile, string frame, string expected)
    {
        Assert.NotEmpty(expected);
        var device = SerialMaps.OfProfile(profile);
        var random = new Random(4711);
        var bytes = BytesOf(frame);
        var decoder = device.CreateDecoder();
        for (var round = 0; round < 200 * Fuzz.Factor; round++)
        {
            var found = Scan(device, [Fuzz.Mutate(bytes, random), Fuzz.Mutate(bytes, random)]);
            foreach (var each in found.Frames)
            {
                Assert.True(each.Length <= device.Layout.MaxLength);
                decoder.Decode(each, Time, new List<DecodedValue>());
            }

            // What no checksum lets through either.
            decoder.Decode(Fuzz.Mutate(bytes, random), Time, new List<DecodedValue>());
        }
    }

    private static FrameRecorder Scan(SerialDevice device, IEnumerable<byte[]> parts)
    {
        var recorder = new FrameRecorder();
        var scanner = new FrameScanner(device.Layout);
        foreach (var part in parts)
        {
            scanner.Push(part, recorder);
        }

        return recorder;
    }

    private static IEnumerable<string> Decode(SerialDevice device, byte[] frame)
    {
        var values = new List<DecodedValue>();
        device.CreateDecoder().Decode(frame, Time, values);
        Assert.All(values, value => Assert.Equal(Quality.Good, value.Quality));
        return values.Select(value => $"{value.Point.Name}={value.Value}");
    }

    private static byte[] BytesOf(string frame)
    {
        if (frame.StartsWith("telegram ", StringComparison.Ordinal))
        {
            return Encoding.ASCII.GetBytes(File.ReadAllText(Path.Combine(Data, frame["telegram ".Length..] + ".txt")).ReplaceLineEndings("\r\n"));
        }

        Assert.True(ByteText.TryParse([Regex.Unescape(frame.Replace("$", "\\$", StringComparison.Ordinal))], out var bytes, out var error), error);
        return bytes;
    }

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(Path.Combine(Data, file)).Where(line => line.Length > 0 && !line.StartsWith('#')).Select(line => line.Split('\t'));
}
