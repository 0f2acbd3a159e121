using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Gpio;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Gpio;

public sealed class EdgeLossesTests
{
    [Fact]
    public void Losses_that_are_taken_back_are_set_off_against_the_next_ones_of_their_line()
    {
        var errors = new ErrorCounts();
        var losses = new EdgeLosses("gpio gpiochip0", new DriverContext(new ManualTimeProvider(), NullLogger.Instance) { Errors = errors });
        var (meter, other) = (Line("22"), Line("23"));
        losses.Count(meter, 5);
        losses.Count(meter, -3);
        losses.Count(meter, -1);
        Assert.Equal([new("edges-lost", 5)], errors.Of("device"));
        losses.Count(meter, 3);
        Assert.Equal([new("edges-lost", 5)], errors.Of("device"));
        losses.Count(meter, 3);
        Assert.Equal([new("edges-lost", 7)], errors.Of("device"));
        losses.Count(meter, -2);
        losses.Count(other, 2);
        Assert.Equal([new("edges-lost", 9)], errors.Of("device"));
    }

    private static GpioLine Line(string name)
    {
        var definition = GpioFixture.Input($"meter{name}", ("line", name), ("count", "rising"));
        var point = new PulseCounter(definition, memory: null);
        return new GpioLine(name, [point]);
    }
}
