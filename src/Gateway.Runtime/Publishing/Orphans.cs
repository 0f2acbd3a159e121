using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Reloading;

namespace Gateway.Runtime.Publishing;

/// <summary>Clears the retained messages of what the maps no longer have.</summary>
/// <param name="options">What is published, and as what.</param>
/// <param name="broker">The local broker.</param>
/// <param name="statusTopics">The topics of states.</param>
/// <param name="setUplinkState">Gives the uplinks a device's messages.</param>
/// <param name="setUplinkDevice">Tells the uplinks of a device.</param>
internal sealed class Orphans(
    GatewayOptions options, MqttBroker broker, StatusTopics statusTopics, Action<string, IReadOnlyList<ApplicationMessage>> setUplinkState, Action<DeviceDefinition, DeviceState?> setUplinkDevice) : IGoneObserver
{
    private readonly TopicTemplate _topic = new(options.Publish.AtLocalBroker().Topic, options.Site);

    public void PointGone(PointDefinition point)
    {
        if (options.Publish.Per == PublishUnit.Point)
        {
            Clear(_topic.Render(point.DeviceName, point.Name));
        }
    }

    public void DeviceGone(DeviceDefinition device)
    {
        var messages = statusTopics.Forget(device.Name);
        foreach (var message in messages)
        {
            _ = broker.PublishAsync(message);
        }

        setUplinkState(device.Name, messages);
        setUplinkDevice(device, null);
        if (options.Publish.Per == PublishUnit.Device)
        {
            Clear(_topic.Render(device.Name, ""));
        }
    }

    private void Clear(string topic) => _ = broker.PublishAsync(new ApplicationMessage { Topic = topic, Retain = true });
}
