using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Tests.Chips;

public sealed class ReadExpectationTests
{
    private static readonly TimeSpan Takes = TimeSpan.FromMilliseconds(8);

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(1000, 900)]
    [InlineData(1000, 600)]
    [InlineData(200, 150)]
    [InlineData(60_000, 59_500)]
    public void Reads_that_come_sooner_than_the_period_soon_find_their_value_there(int every, int apart)
    {
        var expectation = new ReadExpectation();
        TimeSpan? readyFor = null;
        var lay = new List<TimeSpan?>();
        for (var read = 0; read < 40; read++)
        {
            Assert.True(expectation.TryExpectNext(TimeSpan.FromMilliseconds(every), Takes, readyFor, out var delay));
            var ready = TimeSpan.FromMilliseconds(apart) - (delay > TimeSpan.Zero ? delay : TimeSpan.Zero) - Takes;
            readyFor = ready >= TimeSpan.Zero ? ready : null;
            lay.Add(readyFor);
        }

        // From the fourth read on the value is there; once it is known for how long, it does not lie there for long.
        Assert.All(lay.Skip(3), each => Assert.NotNull(each));
        Assert.All(lay.TakeLast(10), each => Assert.InRange(each!.Value, TimeSpan.Zero, TimeSpan.FromMilliseconds(6)));
    }

    [Fact]
    public void Nothing_is_begun_earlier_than_half_a_period()
    {
        var expectation = new ReadExpectation();
        var every = TimeSpan.FromMilliseconds(800);
        var delay = TimeSpan.Zero;
        for (var read = 0; read < 20; read++)
        {
            Assert.True(expectation.TryExpectNext(every, Takes, null, out delay));
        }

        Assert.InRange(delay, (every / 2) - Takes - TimeSpan.FromMilliseconds(10), every / 2);
    }

    [Fact]
    public void Nothing_is_begun_ahead_where_the_chip_takes_half_the_period()
    {
        Assert.False(new ReadExpectation().TryExpectNext(Takes * 2, Takes, null, out _));
    }
}
