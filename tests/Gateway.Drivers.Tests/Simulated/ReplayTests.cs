using System.Globalization;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Tests.Simulated;

public sealed class ReplayTests
{
    private static readonly Abstractions.Definitions.PointDefinition Power = new()
    {
        DeviceName = "meter",
        Name = "power",
        Every = TimeSpan.FromSeconds(1),
        Settings = new(new Dictionary<string, object>(), new Dictionary<string, Abstractions.Definitions.SourceLocation>(), default),
    };

    [Theory]
    [InlineData("0", "10")]
    [InlineData("0.9", "10")]
    [InlineData("1", "20.5")]
    [InlineData("2.9", "20.5")]
    [InlineData("3", "20.5")]
    [InlineData("5", "10")]
    [InlineData("6", "20.5")]
    public void Each_value_lasts_until_the_next_and_after_the_last_it_begins_again(string seconds, string expected)
    {
        var replay = Replay.Read(new StringReader("time,meter.power\n10,10\n11,20.5\n13,\n"));
        Assert.Equal(expected, replay.Of(Power)!.At(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))).ToString());
    }

    [Theory]
    [InlineData("time,power\n2026-11-22T00:00:00Z,1\n2026-11-22T00:00:05Z,2\n", "2")]
    [InlineData("power,time\n1,0\n2,5\n", "2")]
    public void Times_may_be_dates_and_a_column_may_be_for_every_device(string text, string expected) =>
        Assert.Equal(expected, Replay.Read(new StringReader(text)).Of(Power)!.At(TimeSpan.FromSeconds(7)).ToString());

    [Theory]
    [InlineData("", "line 1 must name the columns: time, and one or more of device.point or point")]
    [InlineData("time\n0\n", "line 1 must name the columns: time, and one or more of device.point or point")]
    [InlineData("time,a,a\n", "line 1 names the column 'a' twice")]
    [InlineData("time,a\n", "there are no values below line 1")]
    [InlineData("time,a\n0,1,2\n", "line 2 has 3 cells, and line 1 names 2 columns")]
    [InlineData("time,a\n1,1\n1,2\n", "line 3 is not later than the one before it")]
    [InlineData("time,a\nnoon?,1\n", "line 2 has the time 'noon?': write seconds, or a time such as 2026-11-22T01:02:03Z")]
    public void What_is_no_recording_is_said(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => Replay.Read(new StringReader(text))).Message);
}
