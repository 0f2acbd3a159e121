using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs;

/// <summary>One value of a device of the kernel: where it stands, and how it becomes one in the unit that people use. Immutable.</summary>
/// <param name="Path">The attribute.</param>
/// <param name="Factor">What its number is multiplied by.</param>
internal sealed record SysfsChannel(string Path, decimal Factor = 1)
{
    /// <summary>The unit after that, as people write it; null: none, or it depends on the device.</summary>
    public string? Unit { get; init; }

    /// <summary>The attribute with what a raw number is multiplied by before; null: there is none.</summary>
    public string? ScalePath { get; init; }

    /// <summary>The attribute with what is added to a raw number before that; null: there is none.</summary>
    public string? OffsetPath { get; init; }

    /// <summary>The attribute that is 1 when the sensor is broken; null: there is none.</summary>
    public string? FaultPath { get; init; }

    /// <summary>The attribute with what <c>true</c> stands for when it is written; null: 1.</summary>
    public string? FullPath { get; init; }

    /// <summary>Whether it takes a number with decimals, as an integration time is one; else what is written is rounded to the kernel's steps.</summary>
    public bool IsDecimal { get; init; }

    /// <summary>The value.</summary>
    /// <exception cref="BusException">There is none.</exception>
    public PointValue Read(ISysfs sysfs)
    {
        if (FaultPath is not null && sysfs.Read(FaultPath) == "1")
        {
            throw new BusException(SysfsReasons.Fault, $"The kernel says by {FaultPath} that the sensor is broken or not connected.");
        }

        var text = sysfs.Read(Path);
        if (text.Length == 0)
        {
            throw new BusException(BusReasons.NotReady, $"The kernel has no value for {Path} now.");
        }

        if (ScalePath is null && OffsetPath is null)
        {
            return AttributeText.Parse(text, Factor);
        }

        return AttributeText.TryParseNumber(text, out var raw)
            ? PointValue.From((raw + Number(sysfs, OffsetPath, 0)) * Number(sysfs, ScalePath, 1) * Factor)
            : PointValue.From(text);
    }

    /// <summary>Writes a value.</summary>
    /// <returns>Null, or why the value does not suit.</returns>
    /// <exception cref="BusException">The kernel does not take it.</exception>
    public string? Write(ISysfs sysfs, PointValue value)
    {
        if (value.Kind == PointValueKind.Boolean)
        {
            sysfs.Write(Path, !value.AsBoolean ? "0" : FullPath is null ? "1" : sysfs.Read(FullPath));
        }
        else if (value.TryGetNumber(out var number))
        {
            var scale = Number(sysfs, ScalePath, 1) * Factor;
            if (scale == 0)
            {
                return $"the kernel says by {ScalePath} that any value is 0";
            }

            sysfs.Write(Path, IsDecimal ? AttributeText.Format(number) : AttributeText.FormatSteps((number / scale) - Number(sysfs, OffsetPath, 0)));
        }
        else if (value.Kind == PointValueKind.Text)
        {
            sysfs.Write(Path, value.AsText);
        }
        else
        {
            return "a list cannot be written";
        }

        return null;
    }

    private static decimal Number(ISysfs sysfs, string? path, decimal otherwise) =>
        path is not null && AttributeText.TryParseNumber(sysfs.Read(path).Split(' ')[0], out var number) ? number : otherwise;
}
