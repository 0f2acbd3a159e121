using Gateway.Runtime.Publishing;

namespace Gateway.Runtime.Tests.Publishing;

public class BacklogPaceTests
{
    /// <summary>A connection that takes so many messages a second, and answers after its own time and that of those before.</summary>
    [Theory]
    [InlineData(50_000, 0.001, 1500)] // loopback: as many as there is room for
    [InlineData(2000, 0.05, 500)]     // a quarter of a second's worth
    [InlineData(100, 0.2, 64)]        // 2 G: few, though its own time is hard to tell from the wait
    [InlineData(5000, 0.6, 1500)]     // a satellite: slow to answer, and not slow
    public void The_window_is_what_the_connection_takes_in_a_quarter_of_a_second(int perSecond, double roundTripSeconds, int window)
    {
        var pace = new BacklogPace(1500);
        for (var n = 0; n < 50; n++)
        {
            pace.Observe(TimeSpan.FromSeconds(Math.Max(roundTripSeconds, (double)pace.Window / perSecond)));
        }

        Assert.InRange(pace.Window, window * 2 / 3, Math.Min(1500, window * 2));
    }

    [Fact]
    public void A_new_connection_begins_small()
    {
        var pace = new BacklogPace(1500);
        for (var n = 0; n < 20; n++)
        {
            pace.Observe(TimeSpan.FromMilliseconds(1));
        }

        pace.Restart();
        Assert.Equal(BacklogPace.Least, pace.Window);
    }
}
