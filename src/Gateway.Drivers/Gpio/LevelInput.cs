using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Gpio;

/// <summary>A switch, a door contact: the state of a line, told at each edge.</summary>
internal sealed class LevelInput(PointDefinition definition) : GpioPoint(definition)
{
    /// <summary>An edge that is told later than a read which came after it is as old as that read; beyond that the clock was set.</summary>
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromSeconds(1);

    private DateTimeOffset _reported = DateTimeOffset.MinValue;

    public override Reading Read(DateTimeOffset now)
    {
        var value = Line!.Read();
        return Report(value, now);
    }

    public override Reading? Take(in GpioEdge edge) => Report(edge.Value, edge.Time);

    // The readings of a point keep their order. Under the lock of the telling.
    private Reading Report(bool value, DateTimeOffset time)
    {
        _reported = time < _reported && _reported - time < LongestOverlap ? _reported : time;
        return Reading.Good(Definition, PointValue.From(value), _reported);
    }
}
