using Gateway.Runtime;
using Gateway.Web;

namespace Gateway.Tests;

/// <summary>A gateway of which only the status is there.</summary>
internal sealed class StubStatusSource : IStatusSource
{
    public GatewayStatus Status { get; set; } = Statuses.Plant;

    public bool IsHealthy { get; set; } = true;

    public IReadOnlyList<string> Hindrances { get; set; } = [];

    public GatewayStatus GetStatus() => Status;
}
