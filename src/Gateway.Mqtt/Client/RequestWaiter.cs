using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Client;

/// <summary>The answer to a SUBSCRIBE or UNSUBSCRIBE; null: the connection was lost before it came.</summary>
internal sealed class RequestWaiter() : TaskCompletionSource<IReadOnlyList<ReasonCode>?>(TaskCreationOptions.RunContinuationsAsynchronously);
