using Gateway.Runtime;
using Gateway.Runtime.Commands;

namespace Gateway.Web;

/// <summary>What the page and the control socket tell. Its members may be called from several threads.</summary>
internal interface IStatusSource
{
    /// <summary>The state of the gateway now.</summary>
    GatewayStatus GetStatus();

    /// <summary>Whether the data path makes progress.</summary>
    bool IsHealthy { get; }

    /// <summary>The points that are polled; null while nothing is.</summary>
    PointAccess? Points => null;
}
