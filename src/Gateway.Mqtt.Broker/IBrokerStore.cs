namespace Gateway.Mqtt.Broker;

/// <summary>
/// Keeps what is to outlive the broker: sessions, messages under way and retained messages, as rows that the broker
/// encodes and a store need not understand. The broker calls one method at a time.
/// </summary>
public interface IBrokerStore
{
    /// <summary>All rows. The broker reads them once, before it listens. An exception keeps the broker from starting.</summary>
    ValueTask<BrokerRows> LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Commits all changes or none. Clients are told only afterwards what the changes stand for, so the store returns
    /// when they would survive the death of the process. It may block: the caller has nothing else to do. After an
    /// exception the broker goes on from memory, and tries again with all that it has (<see cref="BrokerChanges.ReplacesAll"/>).
    /// </summary>
    ValueTask CommitAsync(BrokerChanges changes, CancellationToken cancellationToken);
}
