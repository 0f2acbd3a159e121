using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Gpio;
using Gateway.Linux.Pwm;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Gpio;

public sealed class OutputTests
{
    [Theory]
    [InlineData("off", false, false)]
    [InlineData("on", false, true)]
    [InlineData("keep", false, false)]
    [InlineData("keep", true, true)]
    [InlineData("last", true, false)]
    public async Task An_output_begins_as_it_is_asked_to(string start, bool isHigh, bool expected)
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("relay", ("line", "27"), ("start", start)));
        gpio.Chip.Drive(27, isHigh);
        await gpio.OpenAsync();
        Assert.Equal(expected, gpio.Chip.IsHigh(27));
        Assert.Equal(PointValue.From(expected), gpio.Sink["relay"].Value);
    }

    [Theory]
    [InlineData("off", false)]
    [InlineData("on", true)]
    [InlineData("keep", true)]
    public async Task An_output_ends_as_it_is_asked_to(string stop, bool expected)
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("relay", ("line", "27"), ("start", stop == "on" ? "off" : "on"), ("stop", stop)));
        await gpio.OpenAsync();
        await gpio.CloseAsync();
        Assert.Equal(expected, gpio.Chip.IsHigh(27));
    }

    [Fact]
    public async Task An_output_ends_as_it_is_asked_to_though_the_last_edges_meet_a_bug()
    {
        await using var gpio = new GpioFixture(
            GpioFixture.Input("meter", ("line", "22"), ("count", "rising")), GpioFixture.Output("relay", ("line", "27"), ("stop", "on")))
        { ListensAtOnce = false };
        await gpio.OpenAsync();
        gpio.Pulse(22, 1);
        gpio.Memory.Fault = new InvalidOperationException("A bug.");

        await Assert.ThrowsAsync<InvalidOperationException>(gpio.CloseAsync);

        Assert.True(gpio.Chip.IsHigh(27));
        await gpio.Chip.Request([]).DisposeAsync(); // the lines were given back
    }

    [Fact]
    public async Task What_was_written_last_comes_back_and_what_the_stop_set_does_not()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("relay", ("line", "27"), ("start", "last"), ("active", "low")));
        await gpio.OpenAsync();
        Assert.True(gpio.Chip.IsHigh(27));
        Assert.Null(await gpio.WriteAsync("relay", PointValue.From(true)));
        Assert.False(gpio.Chip.IsHigh(27));
        await gpio.CloseAsync();
        await gpio.OpenAsync();
        Assert.False(gpio.Chip.IsHigh(27));
        Assert.Equal("true", await gpio.ValueAsync("relay"));
    }

    [Fact]
    public async Task An_output_is_set_again_on_a_chip_that_comes_back()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("relay", ("line", "27")));
        await gpio.OpenAsync();
        await gpio.WriteAsync("relay", PointValue.From(true));
        await gpio.PullAsync();
        gpio.PlugIn();
        await gpio.ReadAsync();
        Assert.True(gpio.Chip.IsHigh(27));
    }

    [Fact]
    public async Task The_loss_of_the_uplink_sets_an_output_once_after_its_time()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output(
            "pump", ("line", "27"), ("start", "on"), ("on-uplink-loss", "off"), ("uplink-loss-after", TimeSpan.FromSeconds(30))));
        await gpio.OpenAsync();
        await LoseAsync(gpio, 29);
        Assert.True(gpio.Chip.IsHigh(27));
        await LoseAsync(gpio, 30);
        await Eventually.TrueAsync(() => !gpio.Chip.IsHigh(27));
        await Eventually.TrueAsync(() => gpio.Sink["pump"].Value == PointValue.From(false));

        // Somebody on site decides otherwise, and that stays.
        await gpio.WriteAsync("pump", PointValue.From(true));
        await LoseAsync(gpio, 31);
        await LoseAsync(gpio, 3600);
        Assert.True(gpio.Chip.IsHigh(27));
        await LoseAsync(gpio, 0);
        await LoseAsync(gpio, 40);
        await Eventually.TrueAsync(() => !gpio.Chip.IsHigh(27));
    }

    [Fact]
    public async Task A_pulse_ends_by_itself_and_is_told()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("door", ("line", "5"), ("pulse", TimeSpan.FromMilliseconds(500))));
        await gpio.OpenAsync();
        await gpio.WriteAsync("door", PointValue.From(true));
        gpio.Clock.Advance(TimeSpan.FromMilliseconds(400));
        Assert.True(gpio.Chip.IsHigh(5));
        await gpio.WriteAsync("door", PointValue.From(true)); // begins anew
        gpio.Clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.True(gpio.Chip.IsHigh(5));
        gpio.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(gpio.Chip.IsHigh(5));
        Assert.Equal(PointValue.From(false), gpio.Sink["door"].Value);
        Assert.Single(gpio.Sink.Finished);

        await gpio.WriteAsync("door", PointValue.From(true));
        await gpio.WriteAsync("door", PointValue.From(false));
        gpio.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(gpio.Sink.Finished);
        Assert.Null(gpio.Memory["door", "output"]);
    }

    [Fact]
    public async Task A_pulse_that_ends_while_the_chip_is_away_is_over_when_it_is_back()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("door", ("line", "5"), ("pulse", TimeSpan.FromMilliseconds(500))));
        await gpio.OpenAsync();
        await gpio.WriteAsync("door", PointValue.From(true));
        await gpio.PullAsync();
        gpio.Clock.Advance(TimeSpan.FromMilliseconds(600));
        gpio.PlugIn();
        Assert.Equal("false", await gpio.ValueAsync("door"));
        Assert.False(gpio.Chip.IsHigh(5));
        gpio.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(gpio.Chip.IsHigh(5));
    }

    [Fact]
    public async Task A_pulse_goes_on_to_its_end_on_a_chip_that_comes_back_before_it()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("door", ("line", "5"), ("pulse", TimeSpan.FromMilliseconds(500))));
        await gpio.OpenAsync();
        await gpio.WriteAsync("door", PointValue.From(true));
        await gpio.PullAsync();
        gpio.Clock.Advance(TimeSpan.FromMilliseconds(400));
        gpio.PlugIn();
        await gpio.ReadAsync();
        Assert.True(gpio.Chip.IsHigh(5));
        gpio.Clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(gpio.Chip.IsHigh(5));
    }

    [Fact]
    public async Task The_loss_of_the_uplink_counts_for_a_chip_that_was_away_then()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output(
            "pump", ("line", "27"), ("start", "on"), ("on-uplink-loss", "off"), ("uplink-loss-after", TimeSpan.FromSeconds(30))));
        await gpio.OpenAsync();
        await gpio.PullAsync();
        await LoseAsync(gpio, 40);
        gpio.PlugIn();
        Assert.Equal("false", await gpio.ValueAsync("pump"));
        Assert.False(gpio.Chip.IsHigh(27));

        // What is written while the loss lasts stays.
        Assert.Null(await gpio.WriteAsync("pump", PointValue.From(true)));
        await LoseAsync(gpio, 41);
        Assert.True(gpio.Chip.IsHigh(27));
    }

    [Fact]
    public async Task The_loss_of_the_uplink_sets_a_channel_as_soon_as_there_is_one()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-pwm-");
        try
        {
            var definition = GpioFixture.Output(
                "fan", ("pwm", GpioFixture.Pwm(TimeSpan.FromMilliseconds(1))), ("start", "last"), ("on-uplink-loss", "on"), ("uplink-loss-after", TimeSpan.FromSeconds(30)));
            await using var fan = new ChannelPwmOutput(
                definition, new DriverContext(new ManualTimeProvider(), NullLogger.Instance) { Memory = new FakeMemory() }, new PwmChannel("pwmchip0/1", folder.FullName), _ => { });
            Assert.Throws<IOException>(() => fan.HeedUplink(TimeSpan.FromSeconds(31)));

            var channel = folder.CreateSubdirectory("pwmchip0/pwm1").FullName;
            await File.WriteAllTextAsync(Path.Combine(channel, "period"), "0\n");
            await File.WriteAllTextAsync(Path.Combine(channel, "duty_cycle"), "0\n");
            Assert.True(fan.HeedUplink(TimeSpan.FromSeconds(32)));
            Assert.Equal("1000000", await File.ReadAllTextAsync(Path.Combine(channel, "duty_cycle")));
            Assert.False(fan.HeedUplink(TimeSpan.FromSeconds(33)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_channel_that_somebody_gave_back_and_took_anew_is_taken_again()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-pwm-");
        try
        {
            var channel = folder.CreateSubdirectory("pwmchip0/pwm1").FullName;
            var (period, duty) = (Path.Combine(channel, "period"), Path.Combine(channel, "duty_cycle"));
            await File.WriteAllTextAsync(period, "0\n");
            await File.WriteAllTextAsync(duty, "0\n");
            var definition = GpioFixture.Output("fan", ("pwm", GpioFixture.Pwm(TimeSpan.FromMilliseconds(1))), ("start", "last"));
            var context = new DriverContext(new ManualTimeProvider(), NullLogger.Instance);
            await using var fan = new ChannelPwmOutput(definition, context with { Memory = new FakeMemory() }, new PwmChannel("pwmchip0/1", folder.FullName), _ => { });
            Assert.Equal(WriteOutcome.Done, fan.Write(PointValue.From(30)));
            await File.WriteAllTextAsync(period, "0\n");
            await File.WriteAllTextAsync(duty, "0\n");

            Assert.Equal(Reading.Good(definition, PointValue.From(30m), context.TimeProvider.GetUtcNow()), fan.Read(context.TimeProvider.GetUtcNow()));
            Assert.Equal("300000", await File.ReadAllTextAsync(duty));

            // Whoever only looks sets nothing.
            await File.WriteAllTextAsync(period, "0\n");
            await using var other = new ChannelPwmOutput(definition, context, new PwmChannel("pwmchip0/1", folder.FullName), _ => { });
            Assert.Equal(Reading.Bad(definition, "not-set", context.TimeProvider.GetUtcNow()), other.Read(context.TimeProvider.GetUtcNow()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_heater_is_on_for_its_share_of_each_period()
    {
        await using var gpio = Heater();
        await gpio.OpenAsync();
        Assert.Null(await gpio.WriteAsync("heater", PointValue.From(30)));
        Assert.Equal([.. On(3), .. Off(7), .. On(3), .. Off(7)], Watch(gpio, 20));
        Assert.Equal("30", await gpio.ValueAsync("heater"));

        gpio.Clock.Advance(TimeSpan.FromSeconds(2));
        await gpio.WriteAsync("heater", PointValue.From(70)); // in the midst of a period
        Assert.Equal([.. On(5), .. Off(3), .. On(7), .. Off(3)], Watch(gpio, 18));
        await gpio.WriteAsync("heater", PointValue.From(100));
        Assert.Equal(On(20), Watch(gpio, 20));
        await gpio.WriteAsync("heater", PointValue.From(0));
        Assert.Equal(Off(20), Watch(gpio, 20));
        Assert.Equal("'101' is no percentage from 0 to 100", await gpio.WriteAsync("heater", PointValue.From(101)));
    }

    [Fact]
    public async Task A_share_of_time_comes_back_after_a_restart_and_is_off_in_between()
    {
        await using var gpio = Heater();
        await gpio.OpenAsync();
        await gpio.WriteAsync("heater", PointValue.From(50));
        Assert.True(gpio.Chip.IsHigh(6));
        await gpio.CloseAsync();
        Assert.False(gpio.Chip.IsHigh(6));
        gpio.Clock.Advance(TimeSpan.FromSeconds(13));

        await gpio.OpenAsync();
        Assert.Equal("50", await gpio.ValueAsync("heater"));
        Assert.Equal([.. On(5), .. Off(5)], Watch(gpio, 10));
    }

    [Fact]
    public async Task Whoever_opens_the_bus_for_one_command_leaves_outputs_alone()
    {
        await using var gpio = new GpioFixture(
            GpioFixture.Output("relay", ("line", "27"), ("start", "off"), ("stop", "on")),
            GpioFixture.Output("other", ("line", "28"), ("start", "on"), ("stop", "off")),
            GpioFixture.Output("bell", ("line", "5"), ("pulse", TimeSpan.FromSeconds(1))),
            GpioFixture.Output("heater", ("line", "6"), ("pwm", GpioFixture.Pwm(TimeSpan.FromSeconds(10)))))
        { IsService = false };
        gpio.Chip.Drive(27, true);
        gpio.Chip.Drive(6, true);
        await gpio.OpenAsync();
        Assert.Equal([true, false, true], new[] { 27, 28, 6 }.Select(gpio.Chip.IsHigh));
        Assert.Null(await gpio.WriteAsync("other", PointValue.From(true)));
        Assert.Equal("a share of time is kept by the service; start it and write again", await gpio.WriteAsync("heater", PointValue.From(50)));
        Assert.Equal("a pulse is ended by the service; start it and write again", await gpio.WriteAsync("bell", PointValue.From(true)));
        await gpio.CloseAsync();
        Assert.Equal([true, true, true], new[] { 27, 28, 6 }.Select(gpio.Chip.IsHigh));
    }

    private static GpioFixture Heater() =>
        new(GpioFixture.Output("heater", ("line", "6"), ("start", "last"), ("pwm", GpioFixture.Pwm(TimeSpan.FromSeconds(10)))));

    private static IEnumerable<bool> On(int seconds) => Enumerable.Repeat(true, seconds);

    private static IEnumerable<bool> Off(int seconds) => Enumerable.Repeat(false, seconds);

    // The line in the middle of each second.
    private static List<bool> Watch(GpioFixture gpio, int seconds)
    {
        var seen = new List<bool>();
        for (var i = 0; i < seconds; i++)
        {
            gpio.Clock.Advance(TimeSpan.FromSeconds(0.5));
            seen.Add(gpio.Chip.IsHigh(6));
            gpio.Clock.Advance(TimeSpan.FromSeconds(0.5));
        }

        return seen;
    }

    private static async Task LoseAsync(GpioFixture gpio, int seconds)
    {
        gpio.UplinkAbsence = TimeSpan.FromSeconds(seconds);
        var asked = gpio.UplinkAsked;
        await Eventually.TrueAsync(() =>
        {
            gpio.Clock.Advance(TimeSpan.FromSeconds(1));
            return gpio.UplinkAsked > asked + 1; // and what the first answer asked for is done
        });
    }
}
