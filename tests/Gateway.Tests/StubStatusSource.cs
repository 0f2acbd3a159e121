using Gateway.Hosting;
using Gateway.Runtime;
using Gateway.Web;

namespace Gateway.Tests;

/// <summary>A gateway of which only the status is there.</summary>
internal sealed class StubStatusSource : IStatusSource
{
    public GatewayStatus Status { get; set; } = Statuses.Plant;

    public bool IsHealthy { get; set; } = true;

    public IReadOnlyList<string> Hindrances { get; set; } = [];

    /// <summary>What comes of a reload.</summary>
    public ReloadOutcome Reloaded { get; set; } = new(IsTakenUp: true, [], []);

    public GatewayStatus GetStatus() => Status;

    public Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken) => Task.FromResult(Reloaded);
}
