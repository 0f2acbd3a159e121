using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Gpio;

/// <summary>What the schema alone cannot find in a GPIO map.</summary>
internal static class GpioValidation
{
    private const int HighestLine = 1023;

    private static readonly string[] InputKeys = ["bias", "debounce", "count", "rate", "per", "window"];
    private static readonly string[] OutputKeys = [.. OutputStates.Keys.Select(key => key.Name), "pulse", "pwm"];
    private static readonly string[] RateKeys = ["per", "window"];
    private static readonly string[] LineKeys = ["bias", "active", "debounce"];

    public static void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        var owners = new Dictionary<string, PointDefinition>();
        foreach (var point in bus.Devices.SelectMany(device => device.Points))
        {
            ValidatePlace(point, diagnostics);
            ValidateDirection(point, diagnostics);
            ValidateCounting(point, diagnostics);
            if (GpioSettings.IsOutput(point.Settings))
            {
                ValidateOutput(point, diagnostics);
            }

            PointWaveform.Validate(point, diagnostics);
            if (point.Settings.TryGet<string>("line", out var line) && !owners.TryAdd(line, point))
            {
                ValidateSharing(line, owners[line], point, diagnostics);
            }
        }
    }

    private static void ValidatePlace(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        var channel = GpioSettings.ChannelOf(settings);
        if (!settings.TryGet<string>("line", out var line))
        {
            if (channel is null)
            {
                diagnostics.Add(Diagnostic.Error(point.Location, "a gpio point needs 'line', for example line: 17"));
            }
            else if (!GpioSettings.IsChannel(channel))
            {
                diagnostics.Add(Diagnostic.Error(settings.Get<Settings>("pwm").Locate("channel"), $"'{channel}' is no channel: write it as pwmchip0/1"));
            }

            return;
        }

        if (channel is not null)
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("line"), "a point has a 'line' or a 'channel' of 'pwm', not both"));
        }

        var isNumber = line.Length > 0 && line.TrimStart('-', '+').All(char.IsAsciiDigit);
        if (line.Length == 0 || (isNumber && !(int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset <= HighestLine)))
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("line"), $"'line' must be an offset between 0 and {HighestLine} or a name such as GPIO17, found '{line}'"));
        }
    }

    private static void ValidateDirection(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        if (GpioSettings.IsOutput(settings))
        {
            foreach (var key in InputKeys.Where(settings.IsWritten))
            {
                diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"'{key}' is for inputs; this line is an output"));
            }

            return;
        }

        OutputStates.RefuseForInput(settings, OutputKeys, diagnostics);
        if (point.Writable && !settings.IsWritten("count"))
        {
            diagnostics.Add(Diagnostic.Error(
                settings.Locate("write"), settings.IsWritten("rate") ? "a rate cannot be written" : "an input cannot be written; add 'direction: output'"));
        }
    }

    private static void ValidateCounting(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        if (settings.IsWritten("count") && settings.IsWritten("rate"))
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("rate"), "a point is a 'count' or a 'rate'; make two points of the line"));
        }

        foreach (var key in RateKeys.Where(key => settings.IsWritten(key) && !settings.IsWritten("rate")))
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"'{key}' needs 'rate'"));
        }
    }

    private static void ValidateOutput(PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        OutputStates.Validate(settings, diagnostics);
        if (!settings.TryGet<Settings>("pwm", out var pwm))
        {
            return;
        }

        if (settings.IsWritten("pulse"))
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("pulse"), "an output has 'pulse' or 'pwm', not both"));
        }

        if (settings.Get<string>("start") == "keep")
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("start"), "what share of time an output was on cannot be found out; use 'start: last'"));
        }

        if (!pwm.IsWritten("channel") && settings.Get<string>("stop") == "keep")
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("stop"), "a line that is on for a share of time would be left on or off by chance; use 'stop: off' or 'stop: on'"));
        }

        if (!pwm.IsWritten("channel") && pwm.Get<TimeSpan>("period") < GpioSchema.ShortestSlowPeriod)
        {
            diagnostics.Add(Diagnostic.Error(pwm.Locate("period"), "software switches a line in periods of at least 0.1 s; for shorter ones name a 'channel' of the hardware in place of the line"));
        }
    }

    private static void ValidateSharing(string line, PointDefinition owner, PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        if (GpioSettings.IsOutput(owner.Settings) || GpioSettings.IsOutput(point.Settings))
        {
            diagnostics.Add(Diagnostic.Error(point.Settings.Locate("line"), $"line {line} is that of {owner} already"));
            return;
        }

        foreach (var key in LineKeys.Where(key => !Equals(owner.Settings.Get<object>(key), point.Settings.Get<object>(key))))
        {
            diagnostics.Add(Diagnostic.Error(point.Settings.Locate(key), $"line {line} is that of {owner} too, which has another '{key}'; write the same for both"));
        }
    }
}
