using Gateway.Mqtt.Broker.Access;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// The place that a connection takes among the broker's while TLS or WebSocket are being agreed on. Given back once:
/// when it becomes a connection of the broker's, which counts itself, or ends before.
/// </summary>
internal sealed class AdmittedConnection(MqttBroker broker, AddressRecord? address, bool isCounted) : IDisposable
{
    private int _isGivenBack;

    /// <summary>Whether it counts against the rate of clients, before its CONNECT.</summary>
    public bool IsCounted => isCounted;

    /// <summary>It has become a connection of the broker's, or ended.</summary>
    public bool IsServed => Volatile.Read(ref _isGivenBack) != 0;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isGivenBack, 1) == 0)
        {
            broker.Release(address);
        }
    }
}
