using Gateway.Abstractions;

namespace Gateway.Drivers.Gpio;

/// <summary>A share of time as it is commanded: 0 to 100, or true and false.</summary>
internal static class Percent
{
    /// <returns>Why not; null if it is one.</returns>
    public static string? TryConvert(PointValue value, decimal on, out decimal percent)
    {
        if (value.Kind == PointValueKind.Boolean)
        {
            percent = value.AsBoolean ? on : 0;
            return null;
        }

        return value.TryGetNumber(out percent) && percent is >= 0 and <= 100 ? null : $"'{value}' is no percentage from 0 to 100";
    }
}
