using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.ThingsBoard;

/// <summary>The points that a ThingsBoard may name. Thread-safe.</summary>
internal interface IThingsBoardPoints
{
    /// <summary>A point; null if it is not there.</summary>
    /// <param name="device">Its device; null: the name says it, <c>DEVICE.POINT</c>.</param>
    /// <param name="name">Its name.</param>
    PointDefinition? Resolve(string? device, string name);

    /// <summary>The newest measurement of a point; null if it was not read yet.</summary>
    Measurement? Find(string device, string point);
}

/// <summary>The points of the running buses.</summary>
/// <param name="find">A point by device and name; null if there is none.</param>
/// <param name="values">The newest values.</param>
internal sealed class RunningPoints(Func<string, string, PointDefinition?> find, LastValues values) : IThingsBoardPoints
{
    public PointDefinition? Resolve(string? device, string name)
    {
        if (device is not null)
        {
            return find(device, name);
        }

        // Either name may have dots of its own.
        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            if (find(name[..dot], name[(dot + 1)..]) is { } point)
            {
                return point;
            }
        }

        return null;
    }

    public Measurement? Find(string device, string point) => values.Find(device, point);
}
