using Gateway.Storage.Queue;

namespace Gateway.Storage.Tests.Queue;

public class ReaderLaneTests
{
    [Theory]
    [InlineData(20, 10)] // memory dropped it while the disk was full: the page was read from the disk
    [InlineData(3, 7)]
    [InlineData(10, 0)]
    public void What_is_lost_takes_from_the_page_only_what_stands_in_it(long lostThrough, int left)
    {
        var lane = new ReaderLane(isUrgentOnly: false);
        lane.TakePage([.. Enumerable.Range(1, 10).Select(position => Record(position))], isLast: true, through: 10);
        lane.Lose(lostThrough);
        Assert.Equal(left, lane.PageCount);
    }

    private static QueueRecord Record(long position) => new()
    {
        Position = position,
        Boot = 1,
        Sequence = position,
        Time = DateTimeOffset.UnixEpoch,
        Device = "meter",
        Point = "flow",
        Body = new byte[10],
    };
}
