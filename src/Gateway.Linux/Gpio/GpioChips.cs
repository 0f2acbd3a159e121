using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>The GPIO chips of this machine.</summary>
public static class GpioChips
{
    /// <summary>The name that stands for the chip on the 40-pin header of a Raspberry Pi, whichever model it is.</summary>
    public const string Header = "header";

    /// <summary>What the kernel calls that chip: Pi 1 to 3, Pi 4, Pi 5.</summary>
    internal static readonly string[] HeaderLabels = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"];

    /// <summary>All chips that may be opened, in the order of their numbers.</summary>
    public static IReadOnlyList<GpioChipInfo> List() => List(GpioCalls.Kernel);

    /// <summary>The device files of chips that may not be opened.</summary>
    public static IReadOnlyList<string> ListClosed() =>
        [.. GpioCalls.Kernel.List().Except(List().Select(chip => chip.Path)).Order(StringComparer.Ordinal)];

    /// <summary>Whether a chip is the one that <see cref="Header"/> stands for.</summary>
    public static bool IsHeader(GpioChipInfo chip)
    {
        ArgumentNullException.ThrowIfNull(chip);
        return HeaderLabels.Contains(chip.Label);
    }

    /// <summary>What the lines of a chip are now, in their order. No line is touched.</summary>
    /// <exception cref="LinuxException">The chip is not there, or may not be opened.</exception>
    public static IReadOnlyList<GpioLineInfo> ListLines(string path)
    {
        using var chip = new GpioChipFile(path, GpioCalls.Kernel);
        return [.. Enumerable.Range(0, chip.Info.Lines).Select(chip.GetLine)];
    }

    /// <summary>Opens a chip.</summary>
    /// <param name="names">Paths, names, labels or <see cref="Header"/>, the first that is there counts. At least one.</param>
    /// <exception cref="LinuxException">None is there, or it may not be opened.</exception>
    public static GpioChip Open(IReadOnlyList<string> names) => Open(names, GpioCalls.Kernel, TimeProvider.System);

    /// <summary>As <see cref="Open(IReadOnlyList{string})"/>, on other calls.</summary>
    internal static GpioChip Open(IReadOnlyList<string> names, IGpioCalls calls, TimeProvider timeProvider)
    {
        LinuxException? refusal = null;
        foreach (var name in names)
        {
            try
            {
                if (Find(name, calls) is { } path)
                {
                    return new GpioChip(path, calls, timeProvider);
                }
            }
            catch (LinuxException fault) when (fault.Errno is Errno.EACCES or Errno.EPERM)
            {
                refusal ??= fault;
            }
        }

        // A chip that may not be opened may be the one with the label.
        var closed = calls.List().Select(path => Refusal(path, calls)).FirstOrDefault(fault => fault?.Errno is Errno.EACCES or Errno.EPERM);
        throw refusal ?? closed ?? GpioErrors.NoChip(names, List(calls));
    }

    internal static IReadOnlyList<GpioChipInfo> List(IGpioCalls calls)
    {
        var chips = new List<GpioChipInfo>();
        foreach (var path in calls.List())
        {
            try
            {
                using var chip = new GpioChipFile(path, calls);
                chips.Add(chip.Info);
            }
            catch (LinuxException)
            {
                // Not ours to open, or pulled this moment.
            }
        }

        return [.. chips.OrderBy(chip => chip.Path.Length).ThenBy(chip => chip.Path, StringComparer.Ordinal)];
    }

    private static LinuxException? Refusal(string path, IGpioCalls calls)
    {
        var errno = calls.Open(path, out var fd);
        fd.Dispose();
        return errno == 0 ? null : GpioErrors.CannotOpen(path, errno);
    }

    private static string? Find(string name, IGpioCalls calls)
    {
        if (name.StartsWith('/'))
        {
            return name;
        }

        var path = $"/dev/{name}";
        if (calls.List().Contains(path))
        {
            return path;
        }

        string[] labels = name == Header ? HeaderLabels : [name];
        var labelled = List(calls).Where(chip => labels.Contains(chip.Label)).ToList();
        // Some kernels give the chip of the Pi 5's header a second name.
        var distinct = labelled.DistinctBy(chip => chip.Name).ToList();
        return distinct.Count > 1 ? throw GpioErrors.SeveralChips(name, distinct) : distinct.FirstOrDefault()?.Path;
    }
}
