using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// Counts edges that were lost on their way, and logs them at most once a minute. The count never falls, as readers of counters take that for
/// a restart: losses that are taken back of a line are set off against its next ones. For one thread.
/// </summary>
internal sealed class EdgeLosses(string bus, DriverContext context)
{
    private static readonly TimeSpan LogPeriod = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, int> _takenBack = [];
    private long? _loggedAt;
    private long _lost;

    /// <param name="line">Whose they were.</param>
    /// <param name="missed">How many; less than zero: so many were told before that were none of its own.</param>
    public void Count(GpioLine line, int missed)
    {
        var lost = missed - _takenBack.GetValueOrDefault(line.Name);
        _takenBack[line.Name] = Math.Max(0, -lost);
        if (lost <= 0)
        {
            return;
        }

        foreach (var device in line.Points.Select(point => point.Definition.DeviceName).Distinct())
        {
            context.Errors.Count(device, PulseCounter.EdgesLost, lost);
        }

        _lost += lost;
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
