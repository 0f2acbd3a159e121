using Gateway.Linux.Interop;

namespace Gateway.Linux.Gpio;

/// <summary>What went wrong with a chip or a line, in words that say what to do.</summary>
internal static class GpioErrors
{
    public static LinuxException CannotOpen(string path, int errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM => new($"{path} may not be opened; add the user to the group 'gpio' that the device belongs to.", errno),
        Errno.ENOENT or Errno.ENXIO or Errno.ENODEV => new($"There is no GPIO chip at {path}.", errno),
        _ => new($"The GPIO chip {path} cannot be opened.", errno),
    };

    public static LinuxException NoChip(IReadOnlyList<string> names, IReadOnlyList<GpioChipInfo> chips) => new(
        $"There is no GPIO chip {string.Join(" or ", names.Select(name => $"'{name}'"))}; "
        + (chips.Count == 0 ? "none is there at all." : $"there are {string.Join(", ", chips.Select(chip => $"{chip.Name} ({chip.Label})"))}."),
        Errno.ENODEV);

    public static LinuxException SeveralChips(string label, IEnumerable<GpioChipInfo> chips) => new(
        $"Several GPIO chips are labelled '{label}': {string.Join(", ", chips.Select(chip => chip.Name))}; name one by its path.", Errno.EINVAL);

    public static LinuxException TooOld(string path, int errno) =>
        new($"The kernel does not know version 2 of the GPIO device {path}; 5.10 is the oldest that does.", errno);

    public static LinuxException NoLine(string chip, int line, int count) =>
        new($"{chip} has no line {line}; its lines are 0 to {count - 1}.", Errno.EINVAL);

    public static LinuxException Busy(string chip, int line, string consumer) => new(
        $"Line {line} of {chip} is taken by {Name(consumer)}; end that, or use another line.", Errno.EBUSY);

    public static LinuxException Refused(string chip, IEnumerable<int> lines, int errno) => new(
        $"{chip} cannot use {Lines(lines)} as asked; it may lack the bias, the edges or the direction.", errno);

    public static LinuxException NoInterrupts(string chip, IEnumerable<int> lines, int errno) => new(
        $"{chip} has no interrupts, and {Lines(lines)} cannot count without; a level is polled instead.", errno);

    public static LinuxException Gone(string chip, int errno) => new($"The GPIO chip {chip} is gone; it is taken up again when it is back.", errno);

    private static string Name(string consumer) => consumer switch
    {
        "" => "somebody who gives no name",
        GpioChip.Consumer => $"'{consumer}' (another bus of the map by another name, or another process)",
        _ => $"'{consumer}'",
    };

    public static string Lines(IEnumerable<int> lines)
    {
        var all = string.Join(", ", lines);
        return all.Contains(',', StringComparison.Ordinal) ? $"lines {all}" : $"line {all}";
    }
}
