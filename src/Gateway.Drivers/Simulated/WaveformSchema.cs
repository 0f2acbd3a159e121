using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Simulated;

/// <summary>The key that says what a simulated point shows, the same for every driver.</summary>
internal static class WaveformSchema
{
    /// <summary>The key's name.</summary>
    public const string KeyName = "simulate";

    /// <summary>The key.</summary>
    public static readonly KeySchema Key = new()
    {
        Name = KeyName,
        Type = KeyType.Text,
        Description = "What the point shows when it is simulated, in its unit: constant(5), sine(20, 25, 60 s), ramp(0, 100, 60 s), "
            + "square(0, 1, 10 s), steps(1, 2, 3, 10 s), toggle(10 s), random-walk(20, 25, 60 s) or counter(1000, 0.5), "
            + "which begins at 1000 and grows by 0.5 a second. Default: something plausible for the unit.",
        Example = "sine(20, 25, 60 s)",
    };
}
