using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Client;

/// <summary>The request by which the client itself restores subscriptions that the server has lost.</summary>
internal sealed record Resubscription(IReadOnlyList<Subscription> Subscriptions);
