using Gateway.Abstractions.Drivers;

namespace Gateway.Abstractions.Tests;

public sealed class ErrorCountsTests
{
    private readonly ErrorCounts _errors = new();

    [Fact]
    public void Reasons_are_counted_by_device_the_most_frequent_first()
    {
        _errors.Count("a", "crc");
        _errors.Count("a", "timeout");
        _errors.Count("a", "timeout");
        _errors.Count("b", "crc", 2);

        Assert.Equal([new("timeout", 2), new("crc", 1)], _errors.Of("a"));
        Assert.Equal([new("crc", 3), new("timeout", 2)], _errors.Total());
        Assert.Empty(_errors.Of("c"));
    }

    [Fact]
    public void Reasons_without_end_take_no_memory_without_end()
    {
        for (var i = 0; i < 1000; i++)
        {
            _errors.Count("a", $"reason-{i}");
        }

        Assert.Equal(ErrorCounts.MaxReasons + 1, _errors.Of("a").Count);
        Assert.Equal(1000 - ErrorCounts.MaxReasons, _errors.Of("a").Single(pair => pair.Key == ErrorCounts.Other).Value);
    }
}
