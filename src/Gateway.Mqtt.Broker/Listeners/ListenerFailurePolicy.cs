namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>What happens when a listener cannot be opened.</summary>
public enum ListenerFailurePolicy
{
    /// <summary>Starting the broker fails.</summary>
    Throw,

    /// <summary>The broker starts without it, and keeps trying.</summary>
    Retry,
}
