using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>Counts edges that were lost on their way, and logs them at most once a minute. For one thread.</summary>
internal sealed class EdgeLosses(string bus, DriverContext context)
{
    private static readonly TimeSpan LogPeriod = TimeSpan.FromMinutes(1);

    private long? _loggedAt;
    private long _lost;

    /// <param name="line">Whose they were.</param>
    /// <param name="missed">How many.</param>
    public void Count(GpioLine line, int missed)
    {
        foreach (var device in line.Points.Select(point => point.Definition.DeviceName).Distinct())
        {
            context.Errors.Count(device, PulseCounter.EdgesLost, missed);
        }

        _lost += missed;
        if (_loggedAt is { } at && context.TimeProvider.GetElapsedTime(at) < LogPeriod)
        {
            return;
        }

        _loggedAt = context.TimeProvider.GetTimestamp();
        var point = line.Points[0].Definition;
        Log.EdgesLost(context.Logger, bus, _lost, point.DeviceName, point.Name);
        _lost = 0;
    }
}
