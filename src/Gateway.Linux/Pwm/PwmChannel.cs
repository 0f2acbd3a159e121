using System.Globalization;

namespace Gateway.Linux.Pwm;

/// <summary>
/// A channel of the hardware's PWM, by the kernel's <c>/sys/class/pwm</c>. It is left running when nobody uses it any more. Not thread-safe.
/// </summary>
public sealed class PwmChannel
{
    private const int NanosecondsPerTick = 100;

    private readonly string _name;
    private readonly string _chip;
    private readonly string _number;
    private readonly Action<string, string> _write;

    /// <param name="name">Chip and channel: <c>pwmchip0/1</c>.</param>
    /// <param name="folder">Where the chips are. Default <c>/sys/class/pwm</c>.</param>
    public PwmChannel(string name, string folder = "/sys/class/pwm")
        : this(name, folder, File.WriteAllText)
    {
    }

    /// <summary>One whose files are written by another than the system.</summary>
    internal PwmChannel(string name, string folder, Action<string, string> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        _name = name;
        _chip = Path.Combine(folder, name.Split('/')[0]);
        _number = name.Split('/')[1];
        _write = write;
    }

    /// <summary>One time on and one time off together.</summary>
    /// <exception cref="IOException">The channel is gone.</exception>
    public TimeSpan Period => Read("period");

    /// <summary>How long it is high in each period; from zero to <see cref="Period"/>.</summary>
    /// <exception cref="IOException">The channel is gone, or the chip cannot do that.</exception>
    public TimeSpan OnTime
    {
        get => Read("duty_cycle");
        set => Write("duty_cycle", value);
    }

    private int? Count => int.TryParse(TryReadCount(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    private string Channel => Path.Combine(_chip, $"pwm{_number}");

    /// <summary>
    /// Takes the channel and lets it run. One that does not run yet begins with both; one that runs has its period and its on-time changed by one
    /// write each, between which it is driven by one of the old and one of the new.
    /// </summary>
    /// <param name="period">What <see cref="Period"/> is to be.</param>
    /// <param name="onTime">What <see cref="OnTime"/> is to be, at most the period.</param>
    /// <exception cref="IOException">The channel is not there, may not be used, or cannot do the period; the message says what to do.</exception>
    public void Take(TimeSpan period, TimeSpan onTime)
    {
        if (!Directory.Exists(_chip))
        {
            throw new IOException($"There is no PWM chip {_chip}; switch it on in the device tree, as 'dtoverlay=pwm' in config.txt does.");
        }

        if (!Directory.Exists(Channel))
        {
            Write(Path.Combine(_chip, "export"), _number);
        }

        // The kernel refuses an on-time that is longer than the period.
        if (OnTime > period)
        {
            OnTime = onTime;
        }

        if (Period != period)
        {
            Write("period", period);
        }

        if (OnTime != onTime)
        {
            OnTime = onTime;
        }

        Write(Path.Combine(Channel, "enable"), "1");
    }

    private string? TryReadCount()
    {
        try
        {
            return File.ReadAllText(Path.Combine(_chip, "npwm")).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private TimeSpan Read(string file)
    {
        try
        {
            return TimeSpan.FromTicks(long.Parse(File.ReadAllText(Path.Combine(Channel, file)), CultureInfo.InvariantCulture) / NanosecondsPerTick);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException)
        {
            throw Explain(fault);
        }
    }

    private void Write(string file, TimeSpan time) =>
        Write(Path.Combine(Channel, file), (time.Ticks * NanosecondsPerTick).ToString(CultureInfo.InvariantCulture));

    private void Write(string path, string text)
    {
        try
        {
            _write(path, text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Explain(fault);
        }
    }

    private IOException Explain(Exception fault) => fault switch
    {
        UnauthorizedAccessException => new IOException($"The PWM channel {_name} may not be used; a udev rule gives its files to a group, as /usr/lib/udev/rules.d/60-gateway.rules does.", fault),
        FileNotFoundException or DirectoryNotFoundException => new IOException(
            Count is { } count && int.TryParse(_number, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < count
                ? $"The PWM channel {_name} is not in use, and has no value; the service, or writing to it, begins with it."
                : $"The PWM channel {_name} is not there; {(Count is { } channels ? $"its chip has channels 0 to {channels - 1}" : "neither is its chip")}.",
            fault),
        _ => new IOException($"The PWM channel {_name} cannot do that: {fault.Message.TrimEnd('.')}.", fault),
    };
}
