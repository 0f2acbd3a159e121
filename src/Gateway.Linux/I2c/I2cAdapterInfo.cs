using System.Globalization;

namespace Gateway.Linux.I2c;

/// <summary>An I2C adapter that the kernel has.</summary>
/// <param name="Number">Its number; it may change when adapters come and go.</param>
/// <param name="Path">Its device file.</param>
/// <param name="Name">What the kernel calls it, such as <c>bcm2835 (i2c@7e804000)</c>.</param>
public sealed record I2cAdapterInfo(int Number, string Path, string Name)
{
    private const string ClassFolder = "/sys/class/i2c-dev";

    /// <summary>The adapters, by number.</summary>
    public static IReadOnlyList<I2cAdapterInfo> List() => List(ClassFolder);

    /// <summary>The adapters below a folder as the kernel has it.</summary>
    internal static IReadOnlyList<I2cAdapterInfo> List(string classFolder)
    {
        if (!Directory.Exists(classFolder))
            return [];

        var adapters = new List<I2cAdapterInfo>();
        foreach (var folder in Directory.EnumerateFileSystemEntries(classFolder, "i2c-*"))
        {
            var file = System.IO.Path.GetFileName(folder);
            if (int.TryParse(file.AsSpan("i2c-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                adapters.Add(new(number, $"/dev/{file}", ReadName(folder)));
        }

        return [.. adapters.OrderBy(adapter => adapter.Number)];
    }

    /// <summary>The device file of an adapter as far as what it is called by says it, without asking the machine; null if that is its name.</summary>
    /// <param name="name">Its number, the path of its device file, or its name.</param>
    public static string? PathOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith('/') ? name
            : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? string.Create(CultureInfo.InvariantCulture, $"/dev/i2c-{number}")
            : null;
    }

    /// <summary>The device file of an adapter.</summary>
    /// <param name="name">Its number, the path of its device file, or its name.</param>
    /// <exception cref="Abstractions.Buses.BusException">None has that name, or several have.</exception>
    internal static string Resolve(string name) => Resolve(name, ClassFolder);

    /// <summary>As <see cref="Resolve(string)"/>, below a folder as the kernel has it.</summary>
    internal static string Resolve(string name, string classFolder) =>
        FindPath(name, classFolder, out var several)
        ?? throw (several.Count == 0 ? I2cErrors.Missing(name) : I2cErrors.Several(name, several.Select(adapter => adapter.Path)));

    private static string? FindPath(string name, string classFolder, out IReadOnlyList<I2cAdapterInfo> several)
    {
        several = [];
        if (PathOf(name) is { } path)
            return path;

        several = [.. List(classFolder).Where(adapter => adapter.Name == name)];
        return several is [var only] ? only.Path : null;
    }

    private static string ReadName(string folder)
    {
        try
        {
            return File.ReadAllText(System.IO.Path.Combine(folder, "name")).Trim();
        }
        catch (IOException)
        {
            return "?"; // It went away meanwhile.
        }
    }
}
