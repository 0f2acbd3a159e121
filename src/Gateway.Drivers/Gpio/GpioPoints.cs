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
    public static IReadOnlyList<GpioPoint> Create(BusDefinition bus, DriverContext context, Action<GpioPoint> changed) =>
        [.. bus.Devices.SelectMany(device => device.Points).Select(point => Create(point, bus.Name, context, changed))];

    /// <summary>The lines of points; each point is told its own.</summary>
    public static IReadOnlyList<GpioLine> Gather(IEnumerable<GpioPoint> points)
    {
        var lines = new List<GpioLine>();
        foreach (var group in points.Where(point => point.Definition.Settings.IsWritten("line")).GroupBy(point => point.Definition.Settings.Get<string>("line")))
        {
            var line = new GpioLine(group.Key, [.. group]);
            foreach (var point in group)
            {
                point.Line = line;
            }

            lines.Add(line);
        }

        return lines;
    }

    private static GpioPoint Create(PointDefinition point, string bus, DriverContext context, Action<GpioPoint> changed)
    {
        var settings = point.Settings;
        if (GpioSettings.ChannelOf(settings) is { } channel)
        {
            return new ChannelPwmOutput(point, context, new PwmChannel(channel), new Trouble(bus, context).Tell);
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
