using Gateway.Linux.Pwm;

namespace Gateway.Linux.Tests.Pwm;

/// <summary>Files as <c>Documentation/driver-api/pwm.rst</c> describes them; in nanoseconds.</summary>
public sealed class PwmChannelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-pwm-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_channel_that_runs_is_set_to_its_period_and_on_time()
    {
        Export("pwm1", period: 0);
        var channel = new PwmChannel("pwmchip0/1", _folder);
        channel.Take(TimeSpan.FromMilliseconds(0.04));
        Assert.Equal(("40000", "0", "1"), (Read("period"), Read("duty_cycle"), Read("enable")));
        channel.OnTime = TimeSpan.FromMicroseconds(10);
        Assert.Equal("10000", Read("duty_cycle"));
        Assert.Equal((TimeSpan.FromMicroseconds(40), TimeSpan.FromMicroseconds(10)), (channel.Period, channel.OnTime));
    }

    [Fact]
    public void An_on_time_stays_with_its_period_and_goes_with_another()
    {
        Export("pwm1", period: 40_000, duty: 30_000);
        var channel = new PwmChannel("pwmchip0/1", _folder);
        channel.Take(TimeSpan.FromMicroseconds(40));
        Assert.Equal("30000", Read("duty_cycle"));
        channel.Take(TimeSpan.FromMicroseconds(20));
        Assert.Equal(("20000", "0"), (Read("period"), Read("duty_cycle")));
    }

    [Fact]
    public void A_channel_is_exported_first_and_one_that_is_not_there_says_so()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "pwmchip0"));
        var channel = new PwmChannel("pwmchip0/7", _folder);
        File.WriteAllText(Path.Combine(_folder, "pwmchip0", "npwm"), "2\n");
        Assert.Equal("The PWM channel pwmchip0/7 is not there; its chip has channels 0 to 1.", Assert.Throws<IOException>(() => channel.Take(TimeSpan.FromSeconds(1))).Message);
        Assert.Equal("7", File.ReadAllText(Path.Combine(_folder, "pwmchip0", "export")));
        Assert.Equal(
            "The PWM channel pwmchip0/1 is not in use, and has no value; the service, or writing to it, begins with it.",
            Assert.Throws<IOException>(() => new PwmChannel("pwmchip0/1", _folder).OnTime).Message);
        Assert.StartsWith(
            $"There is no PWM chip {_folder}/pwmchip3;",
            Assert.Throws<IOException>(() => new PwmChannel("pwmchip3/0", _folder).Take(TimeSpan.FromSeconds(1))).Message,
            StringComparison.Ordinal);
    }

    private void Export(string name, long period, long duty = 0)
    {
        var channel = Directory.CreateDirectory(Path.Combine(_folder, "pwmchip0", name)).FullName;
        File.WriteAllText(Path.Combine(channel, "period"), $"{period}\n");
        File.WriteAllText(Path.Combine(channel, "duty_cycle"), $"{duty}\n");
        File.WriteAllText(Path.Combine(channel, "enable"), "0\n");
    }

    private string Read(string file) => File.ReadAllText(Path.Combine(_folder, "pwmchip0", "pwm1", file)).Trim();
}
