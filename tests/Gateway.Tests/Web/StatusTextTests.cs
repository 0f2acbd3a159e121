using Gateway.Runtime;
using Gateway.Web;

namespace Gateway.Tests.Web;

public sealed class StatusTextTests
{
    [Theory]
    [InlineData(-5, "0.0 s")]
    [InlineData(0.44, "0.4 s")]
    [InlineData(42, "42 s")]
    [InlineData(180, "3 min")]
    [InlineData(3600 * 5, "5 h")]
    [InlineData(86_400 * 3, "3 d")]
    public void AgeTakesTheLargestFittingUnit(double seconds, string expected) =>
        Assert.Equal(expected, StatusText.Age(Statuses.Now.AddSeconds(-seconds), Statuses.Now));

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(4_100, "4.1 kB")]
    [InlineData(12_000_000, "12.0 MB")]
    [InlineData(1_500_000_000, "1.5 GB")]
    public void SizesArePowersOfTen(long bytes, string expected) => Assert.Equal(expected, StatusText.Size(bytes));

    [Fact]
    public void AnEmptyQueueAndItsProblemAreSaid() =>
        Assert.Equal("empty (0 B on disk): the disk is full", StatusText.Describe(new QueueStatus(0, 0, null, 0, "the disk is full"), Statuses.Now));
}
