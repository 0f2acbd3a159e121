using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>Counts edges that were lost on their way, and logs them at most once a minute. For one thread.</summary>
internal sealed class EdgeLosses(string bus, DriverContext context)
{
    private static readonly TimeSpan LogPeriod = TimeSpan.FromMinutes(1);

    private long? _loggedAt;
    private long _lost;

    /// <param name="point">Whose line.</param>
    /// <param name="missed">How many.</param>
    public void Count(PointDefinition point, int missed)
    {
        context.Errors.Count(point.DeviceName, PulseCounter.EdgesLost);
        _lost += missed;
        if (_loggedAt is { } at && context.TimeProvider.GetElapsedTime(at) < LogPeriod)
        {
            return;
        }

        _loggedAt = context.TimeProvider.GetTimestamp();
        Log.EdgesLost(context.Logger, bus, _lost, point.ToString());
        _lost = 0;
    }
}
