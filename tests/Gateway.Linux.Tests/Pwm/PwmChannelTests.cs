using System.Globalization;
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
        channel.Take(TimeSpan.FromMicroseconds(40), TimeSpan.FromMicroseconds(30));
        Assert.Equal(("40000", "30000", "1"), (Read("period"), Read("duty_cycle"), Read("enable")));
        channel.OnTime = TimeSpan.FromMicroseconds(10);
        Assert.Equal("10000", Read("duty_cycle"));
        Assert.Equal((TimeSpan.FromMicroseconds(40), TimeSpan.FromMicroseconds(10)), (channel.Period, channel.OnTime));
    }

    // A load that is active low and off has an on-time as long as its period: at any moment without one it would be on.
    [Theory]
    [InlineData(0, 0, 40, 40, "period 40000, duty_cycle 40000, enable 1")]
    [InlineData(40, 30, 40, 30, "enable 1")]
    [InlineData(40, 30, 40, 10, "duty_cycle 10000, enable 1")]
    [InlineData(40, 10, 20, 20, "period 20000, duty_cycle 20000, enable 1")]
    [InlineData(40, 40, 20, 20, "duty_cycle 20000, period 20000, enable 1")]
    [InlineData(40, 30, 20, 0, "duty_cycle 0, period 20000, enable 1")]
    [InlineData(20, 20, 40, 40, "period 40000, duty_cycle 40000, enable 1")]
    public void A_channel_is_never_enabled_without_its_on_time_and_no_write_is_one_that_the_kernel_refuses(int period, int duty, int newPeriod, int newDuty, string expected)
    {
        Export("pwm1", period * 1000, duty * 1000);
        var writes = new List<string>();
        var channel = new PwmChannel("pwmchip0/1", _folder, (path, text) =>
        {
            File.WriteAllText(path, text);
            writes.Add($"{Path.GetFileName(path)} {text}");
            Assert.True(long.Parse(Read("duty_cycle"), CultureInfo.InvariantCulture) <= long.Parse(Read("period"), CultureInfo.InvariantCulture), "EINVAL: " + string.Join(", ", writes));
        });

        channel.Take(TimeSpan.FromMicroseconds(newPeriod), TimeSpan.FromMicroseconds(newDuty));

        Assert.Equal(expected, string.Join(", ", writes));
    }

    [Fact]
    public void A_channel_is_exported_first_and_one_that_is_not_there_says_so()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "pwmchip0"));
        var channel = new PwmChannel("pwmchip0/7", _folder);
        File.WriteAllText(Path.Combine(_folder, "pwmchip0", "npwm"), "2\n");
        Assert.Equal("The PWM channel pwmchip0/7 is not there; its chip has channels 0 to 1.", Assert.Throws<IOException>(() => channel.Take(TimeSpan.FromSeconds(1), TimeSpan.Zero)).Message);
        Assert.Equal("7", File.ReadAllText(Path.Combine(_folder, "pwmchip0", "export")));
        Assert.Equal(
            "The PWM channel pwmchip0/1 is not in use, and has no value; the service, or writing to it, begins with it.",
            Assert.Throws<IOException>(() => new PwmChannel("pwmchip0/1", _folder).OnTime).Message);
        Assert.StartsWith(
            $"There is no PWM chip {_folder}/pwmchip3;",
            Assert.Throws<IOException>(() => new PwmChannel("pwmchip3/0", _folder).Take(TimeSpan.FromSeconds(1), TimeSpan.Zero)).Message,
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
