using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial;

/// <summary>A device of a valid map: how its frames are found and read, and which of its points are asked for. Immutable.</summary>
internal sealed class SerialDevice
{
    public required DeviceDefinition Definition { get; init; }

    /// <summary>How its frames are told apart.</summary>
    public required FrameLayout Layout { get; init; }

    /// <summary>Makes what reads its frames: each user has one of its own.</summary>
    public required Func<IFrameDecoder> CreateDecoder { get; init; }

    /// <summary>What asks for a point; a point that is told by itself has none.</summary>
    public required IReadOnlyDictionary<PointDefinition, byte[]> Requests { get; init; }

    /// <summary>How points are written.</summary>
    public required IReadOnlyDictionary<PointDefinition, SerialWrite> Writes { get; init; }

    /// <summary>The points that it tells by itself.</summary>
    public IEnumerable<PointDefinition> Told => Definition.Points.Where(point => !Requests.ContainsKey(point) && IsRead(point));

    /// <summary>How long a whole answer may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>How long it may be silent where it speaks by itself; null: for ever.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Whether a point is read at all.</summary>
    public static bool IsRead(PointDefinition point) => !point.Settings.IsWritten(SerialWrite.CommandKey);

    /// <summary>The shortest time between two reports of a point that is told by itself; zero: each is reported.</summary>
    /// <remarks>A rate that nobody wrote is the default of polling, and thins nothing out.</remarks>
    public TimeSpan IntervalOf(PointDefinition point) =>
        point.Settings.IsWritten("every") || Definition.Settings.IsWritten("every") ? point.Every : TimeSpan.Zero;
}
