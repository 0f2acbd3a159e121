using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Gpio;

/// <summary>A GPIO chip that is there.</summary>
/// <param name="Path">Its device file.</param>
/// <param name="Name">The kernel's name of it; may be another after the next start.</param>
/// <param name="Label">What it is, such as <c>pinctrl-rp1</c>; empty if its driver does not say.</param>
/// <param name="Lines">How many lines it has.</param>
public sealed record GpioChipInfo(string Path, string Name, string Label, int Lines);

/// <summary>A line of a GPIO chip.</summary>
/// <param name="Offset">Its number on the chip, from zero.</param>
/// <param name="Name">Its name, such as <c>GPIO17</c>; empty if it has none.</param>
/// <param name="Consumer">Who has it, as they call themselves; empty if nobody has it or they give no name.</param>
/// <param name="IsUsed">Whether somebody has it.</param>
/// <param name="Direction">Who drives it.</param>
/// <param name="Bias">What holds it.</param>
/// <param name="IsActiveLow">Whether its user takes a low level as the active one.</param>
public sealed record GpioLineInfo(int Offset, string Name, string Consumer, bool IsUsed, GpioDirection Direction, GpioBias Bias, bool IsActiveLow);
