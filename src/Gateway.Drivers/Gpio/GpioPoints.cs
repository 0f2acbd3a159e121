using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Linux.Pwm;

namespace Gateway.Drivers.Gpio;

/// <summary>Makes the points of a valid GPIO map, and the lines that they are made of.</summary>
internal static class GpioPoints
{
    /// <summary>All points of a bus.</summary>
    /// <param name="bus">A valid definition.</param>
    /// <param name="context">What the gateway lends.</param>
    /// <param name="changed">Is told of a point that has changed by itself.</param>
    /// <param name="known">Those that are there already, by what they were made of; each stays what it is.</param>
    public static Dictionary<PointDefinition, GpioPoint> Create(
        BusDefinition bus, DriverContext context, Action<GpioPoint> changed, IReadOnlyDictionary<PointDefinition, GpioPoint> known) =>
        bus.Devices.SelectMany(device => device.Points).ToDictionary(point => point, point => known.TryGetValue(point, out var same) ? same : Create(point, context, changed));

    /// <summary>The lines of points; each point is told its own.</summary>
    /// <param name="points">The points.</param>
    /// <param name="known">Lines that are there already; one of the same points stays what it is, and another takes its place where it is.</param>
    public static IReadOnlyList<GpioLine> Gather(IEnumerable<GpioPoint> points, IReadOnlyList<GpioLine> known)
    {
        var lines = new List<GpioLine>();
        foreach (var group in points.Where(point => point.Definition.Settings.IsWritten("line")).GroupBy(point => point.Definition.Settings.Get<string>("line")))
        {
            var before = known.FirstOrDefault(line => line.Name == group.Key);
            if (before is not null && before.Points.SequenceEqual(group))
            {
                lines.Add(before);
                continue;
            }

            var line = new GpioLine(group.Key, [.. group]);
            if (before is not null)
            {
                line.Follow(before);
            }

            foreach (var point in group)
            {
                point.Line = line;
            }

            lines.Add(line);
        }

        return lines;
    }

    private static GpioPoint Create(PointDefinition point, DriverContext context, Action<GpioPoint> changed)
    {
        var settings = point.Settings;
        if (GpioSettings.ChannelOf(settings) is { } channel)
        {
            var trouble = new Trouble(
                message => Log.ChannelFailed(context.Logger, point.DeviceName, point.Name, message), () => Log.ChannelWorks(context.Logger, point.DeviceName, point.Name));
            return new ChannelPwmOutput(point, context, new PwmChannel(channel), trouble.Tell);
        }

        if (GpioSettings.IsOutput(settings))
        {
            return settings.IsWritten("pwm") ? new SlowPwmOutput(point, context) : new LevelOutput(point, context, changed);
        }

        return settings.IsWritten("count") ? new PulseCounter(point, context.Memory)
            : settings.IsWritten("rate") ? new PulseRate(point)
            : new LevelInput(point);
    }
}
