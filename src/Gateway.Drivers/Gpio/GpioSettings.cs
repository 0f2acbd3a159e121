using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Gpio;

/// <summary>What the keys of a GPIO point say.</summary>
internal static partial class GpioSettings
{
    /// <summary>The chip's names, the first that is there counts.</summary>
    public static IReadOnlyList<string> ChipsOf(Settings bus) => bus.Get<IReadOnlyList<string>>(GpioSchema.Schema.Name);

    /// <summary>The hardware's PWM channel; null if the point has none.</summary>
    public static string? ChannelOf(Settings point) =>
        point.TryGet<Settings>("pwm", out var pwm) && pwm.TryGet<string>("channel", out var channel) ? channel : null;

    /// <summary>The line of a point as the map names it: <c>line 17 of gpiochip0</c>.</summary>
    public static string NameLine(Settings bus, Settings point)
    {
        var chips = ChipsOf(bus).Select(chip => chip.StartsWith("/dev/", StringComparison.Ordinal) ? chip[5..] : chip);
        var line = point.Get<string>("line");
        var name = int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset.ToString(CultureInfo.InvariantCulture) : line;
        return $"line {name} of {string.Join(" or ", chips)}";
    }

    public static bool IsChannel(string text) => Channel().IsMatch(text);

    /// <summary>Whether the gateway drives it.</summary>
    public static bool IsOutput(Settings point) => point.Get<string>("direction") == "output" || ChannelOf(point) is not null;

    /// <summary>The settings of the point's line, but for its offset.</summary>
    public static GpioLineSettings LineOf(Settings point)
    {
        var isOutput = IsOutput(point);
        return new GpioLineSettings
        {
            Line = 0,
            Direction = isOutput ? GpioDirection.Output : GpioDirection.Input,
            Bias = point.Get<string>("bias") switch
            {
                "pull-up" => GpioBias.PullUp,
                "pull-down" => GpioBias.PullDown,
                "disabled" => GpioBias.Disabled,
                _ => GpioBias.AsIs,
            },
            IsActiveLow = point.Get<string>("active") == "low",
            Debounce = point.Get<TimeSpan>("debounce"),
            Edges = isOutput ? GpioEdges.None : EdgesOf(point),
        };
    }

    /// <summary>The edges that mean something to an input.</summary>
    public static GpioEdges EdgesOf(Settings point)
    {
        var isCounting = point.TryGet<string>("count", out var edges) || point.TryGet("rate", out edges);
        return (isCounting, edges) switch
        {
            (true, "rising") => GpioEdges.Rising,
            (true, "falling") => GpioEdges.Falling,
            _ => GpioEdges.Both,
        };
    }

    [GeneratedRegex("^pwmchip[0-9]{1,4}/[0-9]{1,4}$", RegexOptions.CultureInvariant)]
    private static partial Regex Channel();
}
