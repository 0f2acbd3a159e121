using System.Text;
using Gateway.Drivers.Serial.Framing;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Serial;

public class FrameScannerTests
{
    private static readonly FrameLayout Line = new() { End = "\r\n"u8.ToArray(), MaxLength = 16 };
    private static readonly FrameLayout Bracketed = new() { Start = "<"u8.ToArray(), End = ">"u8.ToArray(), MaxLength = 16 };
    private static readonly FrameLayout Fixed = new() { Start = "A"u8.ToArray(), Length = 3, MaxLength = 3 };
    private static readonly FrameLayout Counted = new() { Start = "#"u8.ToArray(), Counted = new(1, 1, false, 2), MaxLength = 16 };
    private static readonly FrameLayout Gap = new() { Gap = TimeSpan.FromMilliseconds(10), MaxLength = 8 };

    [Theory]
    [InlineData("one\r\ntwo\r\n", "one\r\n|two\r\n")]
    [InlineData("\r\n\r\n", "\r\n|\r\n")]
    [InlineData("a\rb\nc\r\r\n", "a\rb\nc\r\r\n")]
    [InlineData("no end", "")]
    [InlineData("exactly sixteen\r", "")]
    [InlineData("fourteen bytes\r\n", "fourteen bytes\r\n")]
    public void Lines_end_with_their_end(string text, string expected) => AssertFound(Line, text, expected);

    [Theory]
    [InlineData("<a><b>", "<a>|<b>")]
    [InlineData("noise<a>noise>more<b>", "<a>|<b>")]
    [InlineData("<a<b>", "<a<b>")]
    [InlineData("<>", "<>")]
    public void Frames_begin_with_their_start(string text, string expected) => AssertFound(Bracketed, text, expected);

    [Theory]
    [InlineData("xA12yA34A56A7", "A12|A34|A56")]
    [InlineData("AAA", "AAA")]
    public void Frames_of_fixed_length_follow_their_start(string text, string expected) => AssertFound(Fixed, text, expected);

    [Theory]
    [InlineData("#\u0001a#\u0002bc#\u0000", "#\u0001a|#\u0002bc|#\u0000")]
    [InlineData("#\u007Fx#\u0001a", "#\u0001a")]
    public void Frames_count_themselves_and_an_impossible_count_is_none(string text, string expected) => AssertFound(Counted, text, expected);

    [Fact]
    public void A_gap_ends_a_frame()
    {
        var (scanner, recorder) = (new FrameScanner(Gap), new FrameRecorder());
        scanner.Push("one"u8, recorder);
        scanner.Idle(recorder);
        scanner.Idle(recorder);
        scanner.Push("two"u8, recorder);
        scanner.Idle(recorder);
        scanner.Push("much too long for a frame"u8, recorder);
        scanner.Idle(recorder);
        scanner.Push("three"u8, recorder);
        scanner.Idle(recorder);

        Assert.Equal(["one", "two", "three"], recorder.Frames.Select(Encoding.ASCII.GetString));
        Assert.True(recorder.Damaged > 0);
    }

    [Fact]
    public void A_frame_that_broke_off_does_not_take_the_beginning_of_the_next()
    {
        var (scanner, recorder) = (new FrameScanner(Fixed), new FrameRecorder());
        scanner.Push("A1"u8, recorder);
        scanner.Idle(recorder);
        scanner.Push("A23"u8, recorder);

        Assert.Equal(["A23"], recorder.Frames.Select(Encoding.ASCII.GetString));
    }

    [Fact]
    public void A_line_that_is_too_long_is_dropped_whole_and_counted_once_a_buffer()
    {
        var recorder = Scan(Line, "this line is much longer than sixteen bytes\r\nnext\r\n");

        Assert.Equal(["next\r\n"], recorder.Frames.Select(Encoding.ASCII.GetString));
        Assert.Equal(1, recorder.Damaged);
    }

    [Fact]
    public void A_true_frame_behind_a_false_start_is_found()
    {
        var layout = Fixed with { Length = 4, MaxLength = 4, Check = new Checksum(ChecksumKind.Sum, new CrcParameters(8, 0, 0, false, false, 0)) { At = 3, From = 1 } };
        // The first A starts nothing: A1A + 2 has no valid sum; the second begins A, 2, 3 and their sum 0x65.
        var recorder = Scan(layout, "A1A23e");

        Assert.Equal(["A23e"], recorder.Frames.Select(Encoding.ASCII.GetString));
        Assert.Equal(1, recorder.Damaged);
    }

    [Fact]
    public void Babble_is_bounded_whatever_the_layout()
    {
        var random = new Random(42);
        var babble = new byte[100_000];
        random.NextBytes(babble);
        foreach (var layout in new[] { Line, Bracketed, Fixed, Counted, Gap })
        {
            foreach (var input in new[] { babble, Enumerable.Repeat((byte)'A', 100_000).ToArray(), Enumerable.Repeat((byte)'<', 100_000).ToArray() })
            {
                var recorder = new FrameRecorder();
                new FrameScanner(layout).Push(input, recorder);
                Assert.All(recorder.Frames, frame => Assert.True(frame.Length <= layout.MaxLength));
            }
        }
    }

    [Fact]
    public void What_is_found_does_not_depend_on_how_it_is_split()
    {
        var random = new Random(7);
        for (var round = 0; round < 300 * Fuzz.Factor; round++)
        {
            var text = string.Concat(Enumerable.Range(0, 60).Select(_ => "A<>#\r\n\u0001\u0002x"[random.Next(9)]));
            foreach (var layout in new[] { Line, Bracketed, Fixed, Counted })
            {
                var whole = new FrameRecorder();
                new FrameScanner(layout).Push(Encoding.ASCII.GetBytes(text), whole);
                Assert.Equal(Scan(layout, text).Frames, whole.Frames);
            }
        }
    }

    [Theory]
    [InlineData("0x0D0A", "0D0A")]
    [InlineData("0xff", "FF")]
    [InlineData("SI\r\n", "53490D0A")]
    [InlineData("12", "3132")]
    [InlineData("°", "C2B0")]
    public void Bytes_are_written_in_hexadecimal_and_texts_as_they_are(string text, string expected)
    {
        Assert.True(ByteText.TryParse([text], out var bytes, out _));
        Assert.Equal(expected, Convert.ToHexString(bytes));
    }

    [Fact]
    public void A_list_joins_texts_and_bytes()
    {
        Assert.True(ByteText.TryParse(["0x02", "W1", "0x03"], out var bytes, out _));
        Assert.Equal("02573103", Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData("0x", "'0x' is no bytes: after 0x come two hexadecimal digits a byte, such as 0x0D0A")]
    [InlineData("0x123", "'0x123' is no bytes: after 0x come two hexadecimal digits a byte, such as 0x0D0A")]
    [InlineData("0xGG", "'0xGG' is no bytes: after 0x come two hexadecimal digits a byte, such as 0x0D0A")]
    [InlineData("", "there is nothing in it")]
    [InlineData("0x02|10", "'10' in a list is ambiguous: write 0x0A for the byte")]
    [InlineData("0x02|1000", "'1000' is no byte: write bytes as 0x00 to 0xFF")]
    public void What_is_neither_is_told(string items, string expected)
    {
        Assert.False(ByteText.TryParse(items.Split('|'), out _, out var error));
        Assert.Equal(expected, error);
    }

    private static void AssertFound(FrameLayout layout, string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Scan(layout, text).Frames.Select(Encoding.ASCII.GetString)));

    // Byte by byte.
    private static FrameRecorder Scan(FrameLayout layout, string text)
    {
        var (scanner, recorder) = (new FrameScanner(layout), new FrameRecorder());
        foreach (var value in Encoding.ASCII.GetBytes(text))
        {
            scanner.Push([value], recorder);
        }

        return recorder;
    }
}
