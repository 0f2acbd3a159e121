using Gateway.Runtime.Bridging;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Tests.Bridging;

public class OwnTopicsTests
{
    [Theory]
    [InlineData("plant1/boiler/flow", true)]
    [InlineData("plant1/boiler/$status", true)]
    [InlineData("plant1/boiler/$state", true)]
    [InlineData("plant1/boiler/flow/set", true)]
    [InlineData("plant1/boiler/flow/result", true)]
    [InlineData("plant1/boiler/no-such-point/set", true)]
    [InlineData("plant1/$gateway/status", true)]
    [InlineData("plant1/boiler/other", false)]
    [InlineData("plant1/boiler", false)]
    [InlineData("plant1/zigbee2mqtt/lamp/set", false)]
    [InlineData("plant2/boiler/flow", false)]
    public void The_devices_of_the_maps_are_the_gateways_own(string topic, bool expected)
    {
        var own = new OwnTopics("plant1", Publish("{site}/{device}/{point}", PublishUnit.Point));
        own.Set([Points.Bus(Points.Device("boiler", Points.Point("flow")))]);
        Assert.Equal(expected, own.Contains(topic));
    }

    [Fact]
    public void Readings_are_where_the_configuration_publishes_them()
    {
        var own = new OwnTopics("plant1", Publish("telemetry/{device}/{point}", PublishUnit.Device));
        own.Set([Points.Bus(Points.Device("boiler", Points.Point("flow")))]);
        Assert.True(own.Contains("telemetry/boiler"));
        own.Set([]);
        Assert.False(own.Contains("telemetry/boiler"));
    }

    private static PublishOptions Publish(string topic, PublishUnit per) => new() { Topic = topic, Format = PayloadStyle.Json, Per = per, Retain = false };
}
