using Gateway.TestSupport;
using Gateway.Web.Live;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Web;

public sealed class LogRingTests
{
    private readonly LogRing _ring = new(new ManualTimeProvider());

    [Fact]
    public void Keeps_the_last_lines_with_level_part_and_cause()
    {
        var logger = _ring.CreateLogger("Gateway.Part");
        logger.Log(LogLevel.Warning, new EventId(1), "first\nof two", new IOException("the disk is full"), (state, _) => state);

        var line = Assert.Single(_ring.Read(10));

        Assert.Equal(1, line.Number);
        Assert.Equal("warn", line.Level);
        Assert.Equal("Gateway.Part", line.Category);
        Assert.Equal("first of two | the disk is full", line.Text);
    }

    [Fact]
    public void Is_bounded_in_lines_and_their_length()
    {
        var logger = _ring.CreateLogger("x");
        var text = new string('a', 10_000);
        for (var i = 1; i <= LogRing.Capacity + 500; i++)
        {
            logger.Log(LogLevel.Information, default, text, null, (state, _) => state);
        }

        var lines = _ring.Read(int.MaxValue);

        Assert.Equal(LogRing.Capacity, lines.Count);
        Assert.Equal(501, lines[0].Number);
        Assert.All(lines, line => Assert.InRange(line.Text.Length, 1, 2_001));
    }

    [Fact]
    public void Gives_what_came_after_a_line_and_no_more_than_asked()
    {
        var logger = _ring.CreateLogger("x");
        for (var i = 1; i <= 10; i++)
        {
            var text = $"{i}";
            logger.Log(LogLevel.Information, default, text, null, (state, _) => state);
        }

        Assert.Equal(["9", "10"], _ring.Read(2).Select(line => line.Text));
        Assert.Equal(["8", "9", "10"], _ring.Read(100, after: 7).Select(line => line.Text));
        Assert.Empty(_ring.Read(100, after: 10));
    }

    [Fact]
    public void Without_a_page_nothing_is_kept()
    {
        var logger = _ring.CreateLogger("x");
        logger.Log(LogLevel.Information, default, "before", null, (state, _) => state);

        _ring.IsKept = false;
        logger.Log(LogLevel.Information, default, "meanwhile", null, (state, _) => state);
        _ring.IsKept = true;
        logger.Log(LogLevel.Information, default, "after", null, (state, _) => state);

        Assert.Equal(["after"], _ring.Read(10).Select(line => line.Text));
    }
}
