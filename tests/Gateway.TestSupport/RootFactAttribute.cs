namespace Gateway.TestSupport;

/// <summary>A test that gives files to other users, which only root may; skipped for others, but not where peers are required.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    /// <summary>Looks whether this is root.</summary>
    public RootFactAttribute() => Skip = Environment.IsPrivilegedProcess || Peer.IsRequired ? null : "needs the right to give files to other users: run as root";
}
