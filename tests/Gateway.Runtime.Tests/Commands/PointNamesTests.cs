using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Commands;

namespace Gateway.Runtime.Tests.Commands;

public sealed class PointNamesTests
{
    private static readonly DeviceDefinition[] Devices =
    [
        Points.Device("boiler", Points.Point("flow"), Points.Point("mode")),
        Points.Device("meter.1", Points.Point("power"), Points.Point("power.l1")),
    ];

    [Theory]
    [InlineData(null, "flow mode power power.l1")]
    [InlineData("boiler", "flow mode")]
    [InlineData("boiler.mode", "mode")]
    [InlineData("meter.1", "power power.l1")]
    [InlineData("meter.1.power.l1", "power.l1")]
    public void Are_devices_and_their_points(string? name, string expected)
    {
        Assert.Equal(expected, string.Join(' ', PointNames.Select(Devices, name, out var error)!.Select(point => point.Name)));
        Assert.Null(error);
    }

    [Theory]
    [InlineData("boilr.mode", "there is no device 'boilr'; did you mean 'boiler'?")]
    [InlineData("pv", "there is no device 'pv'; there are boiler, meter.1")]
    [InlineData("boiler.mod", "the device 'boiler' has no point 'mod'; did you mean 'mode'?")]
    [InlineData("boiler.pressure", "the device 'boiler' has no point 'pressure'; it has flow, mode")]
    public void What_is_not_there_is_said_with_what_is(string name, string expected)
    {
        Assert.Null(PointNames.Select(Devices, name, out var error));
        Assert.Equal(expected, error);
    }
}
