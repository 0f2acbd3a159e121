using Gateway.Abstractions.Buses;
using Gateway.Linux.Gpio;

namespace Gateway.Linux.Tests.Gpio;

public class RequestedLineTests
{
    [Fact]
    public void Events_that_are_taken_of_a_line_as_it_was_while_it_becomes_another_are_missing_in_neither()
    {
        var before = new RequestedLine(new GpioLineSettings { Line = 22, Edges = GpioEdges.Rising }, index: 0);
        Assert.Equal(0, before.MissedBefore(1));
        var after = before.With(before.Settings with { Bias = GpioBias.PullUp }, isDebouncedHere: false);

        Assert.Equal(0, before.MissedBefore(2));
        before.Lost++;

        Assert.Equal((0, 1), (after.MissedBefore(3), after.Lost));
        Assert.Equal(2, after.MissedBefore(6));
    }
}
