using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Polling;

namespace Gateway.Runtime.Publishing;

/// <summary>What an uplink says and hears beside readings: states, commands. Thread-safe; disposed once <see cref="RunAsync"/> has ended.</summary>
internal interface IUplinkConversation : IDisposable
{
    /// <summary>Takes the newest messages of a subject, to be told now and after each connect; empty ones once.</summary>
    void SetState(string subject, IReadOnlyList<ApplicationMessage> messages);

    /// <summary>A device's state has changed; null: it is no longer polled.</summary>
    void SetDevice(DeviceDefinition device, DeviceState? state);

    /// <summary>A connection was accepted.</summary>
    void Connected();

    /// <summary>A message has come. Its payload is not there any more afterwards.</summary>
    void Receive(ApplicationMessage message);

    /// <summary>Speaks until it is stopped.</summary>
    Task RunAsync(CancellationToken stop);

    /// <summary>Says last words before a clean disconnect.</summary>
    Task SayGoodbyeAsync(CancellationToken cancellationToken);
}
