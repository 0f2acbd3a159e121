namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// Decides by a list of rules: what no rule allows is not allowed, and what one denies is not, whatever others say.
/// Rules are found by the levels of their patterns, so that thousands cost as little as a few. Thread-safe.
/// </summary>
public sealed class AclAuthorizer : IAuthorizer
{
    private volatile AclTable _table;

    /// <summary>An authorizer of those rules; without any, nobody may do anything.</summary>
    /// <exception cref="ArgumentException">A pattern is not valid; see <see cref="AclRule.Refuse"/>.</exception>
    public AclAuthorizer(IEnumerable<AclRule> rules) => _table = new AclTable(rules);

    /// <summary>
    /// Puts other rules in the place of those it has. They hold from the next message on, for subscriptions too that
    /// were made before.
    /// </summary>
    /// <exception cref="ArgumentException">A pattern is not valid; the old rules stay.</exception>
    public void Replace(IEnumerable<AclRule> rules) => _table = new AclTable(rules);

    /// <inheritdoc/>
    public bool MayPublish(ClientIdentity client, ReadOnlySpan<byte> topic)
        => _table.Judge(client, topic, isFilter: false).Allows(AclAccess.Write);

    /// <inheritdoc/>
    public bool MaySubscribe(ClientIdentity client, ReadOnlySpan<byte> filter)
        => _table.Judge(client, filter, isFilter: true).Allows(AclAccess.Subscribe);

    /// <inheritdoc/>
    public bool MayRead(ClientIdentity client, ReadOnlySpan<byte> topic)
        => _table.Judge(client, topic, isFilter: false).Allows(AclAccess.Receive);
}
