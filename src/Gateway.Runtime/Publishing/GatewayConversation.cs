using Gateway.Abstractions.Definitions;
using Gateway.Mqtt;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Gateway.Runtime.HomeAssistant;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Publishing;

/// <summary>The gateway's own topics at an upstream broker: retained states, commands and, where it is told of devices, a Home Assistant that comes up.</summary>
/// <param name="client">The uplink's.</param>
/// <param name="topics">The topics of states.</param>
/// <param name="commands">Carries out commands.</param>
/// <param name="commandFilter">The topic filter of all commands.</param>
/// <param name="isForBridge">Which topics, though they look like commands, are the bridge's.</param>
/// <param name="homeAssistantPrefix">Where Home Assistant is told of devices; null: it is not.</param>
/// <param name="qos">The uplink's.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Is told of a broker that refuses commands.</param>
internal sealed class GatewayConversation(
    MqttClient client,
    StatusTopics topics,
    CommandDispatcher commands,
    string commandFilter,
    Func<string, bool> isForBridge,
    string? homeAssistantPrefix,
    QualityOfService qos,
    TimeProvider timeProvider,
    ILogger logger) : IUplinkConversation
{
    private readonly UplinkStates _states = new(client, topics, timeProvider, logger);

    public void SetState(string subject, IReadOnlyList<ApplicationMessage> messages) => _states.Set(subject, messages);

    // Its messages are states already.
    public void SetDevice(DeviceDefinition device, DeviceState? state)
    {
    }

    public void Connected() => _states.TellAll();

    public void Receive(ApplicationMessage message)
    {
        if (HomeAssistantDiscovery.IsBirth(message, homeAssistantPrefix))
        {
            _states.TellAll();
        }
        else if (!isForBridge(message.Topic))
        {
            commands.Dispatch(message, async (answer, token) => await client.PublishAsync(answer, token).ConfigureAwait(false));
        }
    }

    // "online" also says that commands are heard: so first things first.
    public async Task RunAsync(CancellationToken stop)
    {
        await SubscribeAsync(stop).ConfigureAwait(false);
        await _states.RunAsync(stop).ConfigureAwait(false);
    }

    public Task SayGoodbyeAsync(CancellationToken cancellationToken) => _states.SayGoodbyeAsync(cancellationToken);

    public void Dispose() => _states.Dispose();

    private async Task SubscribeAsync(CancellationToken stop)
    {
        // A session that outlives its connection would keep commands for a gateway that is away, and deliver them when they
        // are no longer meant: at QoS 0 brokers don't keep them.
        var most = qos == QualityOfService.ExactlyOnce ? QualityOfService.AtMostOnce : QualityOfService.AtLeastOnce;
        List<string> filters = [commandFilter, .. homeAssistantPrefix is null ? Array.Empty<string>() : [HomeAssistantDiscovery.BirthTopic(homeAssistantPrefix)]];
        var subscriptions = filters.Select(filter => new Subscription { TopicFilter = filter, MaximumQoS = most, RetainHandling = RetainHandling.DoNotSend });
        try
        {
            var codes = await client.SubscribeAsync([.. subscriptions], null, stop).ConfigureAwait(false);
            foreach (var (filter, code) in filters.Zip(codes).Where(pair => pair.Second.IsFailure()))
            {
                Log.CommandsRefused(logger, filter, code.ToString());
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was ever connected.
        }
        catch (MqttException fault)
        {
            Log.CommandsRefused(logger, commandFilter, fault.Message);
        }
    }
}
