namespace Gateway.Mqtt.Broker;

/// <summary>Which events an observer is told of.</summary>
[Flags]
public enum BrokerEventKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><see cref="Broker.ClientConnected"/>.</summary>
    ClientConnected = 1,

    /// <summary><see cref="Broker.ClientDisconnected"/>.</summary>
    ClientDisconnected = 2,

    /// <summary><see cref="Broker.ClientSubscribed"/>.</summary>
    ClientSubscribed = 4,

    /// <summary><see cref="Broker.ClientUnsubscribed"/>.</summary>
    ClientUnsubscribed = 8,

    /// <summary><see cref="Broker.MessagePublished"/>.</summary>
    MessagePublished = 16,

    /// <summary><see cref="Broker.MessageDelivered"/>.</summary>
    MessageDelivered = 32,

    /// <summary>All but those that come with each message.</summary>
    Clients = ClientConnected | ClientDisconnected | ClientSubscribed | ClientUnsubscribed,

    /// <summary>All.</summary>
    All = Clients | MessagePublished | MessageDelivered,
}
