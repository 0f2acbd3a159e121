using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial;

/// <summary>What a frame says of a point.</summary>
/// <param name="Point">The point.</param>
/// <param name="Value">Its raw value; none if <paramref name="Quality"/> is bad.</param>
/// <param name="Quality">How far it may be trusted.</param>
/// <param name="Reason">Why it is not good; null if it is.</param>
internal readonly record struct DecodedValue(PointDefinition Point, PointValue Value, Quality Quality, string? Reason)
{
    public static DecodedValue Good(PointDefinition point, PointValue value) => new(point, value, Quality.Good, null);

    public static DecodedValue Bad(PointDefinition point, string reason) => new(point, PointValue.None, Quality.Bad, reason);
}

/// <summary>Turns a device's frames into values of its points. Used by one thread at a time; keeps no frame.</summary>
internal interface IFrameDecoder
{
    /// <summary>
    /// Adds what the frame says. A point that it says nothing of is left out: another frame may. Never throws.
    /// </summary>
    /// <param name="frame">A whole, intact frame; valid during the call.</param>
    /// <param name="time">When it came, UTC.</param>
    /// <param name="values">Takes the values, each point once.</param>
    void Decode(ReadOnlySpan<byte> frame, DateTimeOffset time, ICollection<DecodedValue> values);
}
