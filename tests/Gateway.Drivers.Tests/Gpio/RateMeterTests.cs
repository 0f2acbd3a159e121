using Gateway.Drivers.Gpio;

namespace Gateway.Drivers.Tests.Gpio;

public class RateMeterTests
{
    private readonly RateMeter _meter = new(TimeSpan.FromSeconds(10));

    [Fact]
    public void Two_pulses_give_the_exact_rate()
    {
        Assert.Equal(0, _meter.PerSecond(At(1)));
        _meter.Add(At(1), 1);
        Assert.Equal(0, _meter.PerSecond(At(1)));
        _meter.Add(At(4), 1);
        Assert.Equal(1 / 3.0, _meter.PerSecond(At(4)), 9);
        Assert.Equal(1 / 3.0, _meter.PerSecond(At(6.9)), 9);
    }

    [Fact]
    public void An_overdue_pulse_lets_the_rate_fall_and_silence_ends_it()
    {
        _meter.Add(At(1), 1);
        _meter.Add(At(2), 1);
        Assert.Equal(1, _meter.PerSecond(At(3)), 9);
        Assert.Equal(0.25, _meter.PerSecond(At(6)), 9);
        Assert.Equal(0.1, _meter.PerSecond(At(12)), 9);
        Assert.Equal(0, _meter.PerSecond(At(12.1)));
        _meter.Add(At(100), 1);
        Assert.Equal(1 / 98.0, _meter.PerSecond(At(100)), 9); // reckoned from the last pulse before the window
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7.5)]
    [InlineData(10_000)]
    public void The_rate_of_an_even_train_is_exact_at_any_frequency(double frequency)
    {
        for (var i = 0; i <= frequency * 25; i++)
        {
            _meter.Add(At(i / frequency), 1);
        }

        Assert.Equal(frequency, _meter.PerSecond(At(25)), frequency * 1e-5);
    }

    [Fact]
    public void A_change_shows_within_the_window()
    {
        for (var i = 0; i < 200; i++)
        {
            _meter.Add(At(i * 0.1), 1);
        }

        for (var i = 1; i <= 22; i++)
        {
            _meter.Add(At(19.9 + (i * 0.5)), 1);
        }

        Assert.Equal(2, _meter.PerSecond(At(30.9)), 3);
    }

    [Fact]
    public void Pulses_whose_times_are_not_known_count()
    {
        _meter.Add(At(0), 1);
        _meter.AddUntimed(3);
        _meter.Add(At(2), 3);
        Assert.Equal(3, _meter.PerSecond(At(2)), 9);
        _meter.Reset();
        Assert.Equal(0, _meter.PerSecond(At(2)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
