namespace Gateway.TestSupport;

/// <summary>
/// A test against software that is not ours. Where a peer is missing the test is skipped with the line that
/// installs it; with <c>GATEWAY_REQUIRE_PEERS=1</c> it runs all the same, and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    /// <param name="peers">The peers that the test starts, from <see cref="Peer"/>.</param>
    public PeerFactAttribute(params string[] peers) => Skip = Peer.WhyMissing(peers);
}

/// <summary>The same as <see cref="PeerFactAttribute"/> for a test with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerTheoryAttribute : TheoryAttribute
{
    /// <param name="peers">The peers that the test starts, from <see cref="Peer"/>.</param>
    public PeerTheoryAttribute(params string[] peers) => Skip = Peer.WhyMissing(peers);
}
