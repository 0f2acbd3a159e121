using Gateway.Hosting;
using Gateway.Runtime;
using Gateway.Runtime.Commands;
using Gateway.Web.Metrics;

namespace Gateway.Web;

/// <summary>What the page and the control socket tell. Its members may be called from several threads.</summary>
internal interface IStatusSource
{
    /// <summary>The state of the gateway now.</summary>
    GatewayStatus GetStatus();

    /// <summary>How many readings wait in the queue.</summary>
    long QueueDepth => GetStatus().Queue.Depth;

    /// <summary>Whether the data path makes progress.</summary>
    bool IsHealthy { get; }

    /// <summary>Why it does not, in sentences; empty if it does.</summary>
    IReadOnlyList<string> Faults => IsHealthy ? [] : ["the data path makes no progress"];

    /// <summary>Why nothing is polled and published, in sentences; empty if something is. An uplink that is away is no reason: that is what the queue is for.</summary>
    IReadOnlyList<string> Hindrances => Faults;

    /// <summary>What is measured; null if nothing is.</summary>
    MetricsReader? Metrics => null;

    /// <summary>Has what is parked sent again.</summary>
    void RetryParked()
    {
    }

    /// <summary>Throws away what is parked.</summary>
    void PurgeParked()
    {
    }

    /// <summary>Reads configuration and maps again, whether they were edited or not, and takes up what is valid.</summary>
    Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken);

    /// <summary>The points that are polled; null while nothing is.</summary>
    PointAccess? Points => null;
}
