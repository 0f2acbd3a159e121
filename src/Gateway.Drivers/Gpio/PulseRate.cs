using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Gpio;

/// <summary>How often a line has edges: flow, wind, revolutions.</summary>
internal sealed class PulseRate : GpioPoint
{
    private readonly Lock _gate = new();
    private readonly GpioEdges _edges;
    private readonly decimal _secondsPer;
    private readonly RateMeter _meter;

    public PulseRate(PointDefinition definition)
        : base(definition)
    {
        _edges = GpioSettings.EdgesOf(definition.Settings);
        _meter = new RateMeter(definition.Settings.Get<TimeSpan>("window"));
        _secondsPer = definition.Settings.Get<string>("per") switch
        {
            "min" => 60,
            "h" => 3600,
            _ => 1,
        };
    }

    public override void Begin()
    {
        lock (_gate)
        {
            _meter.Reset();
        }
    }

    public override Reading Read(DateTimeOffset now)
    {
        Line!.Read(); // throws where the chip is gone
        var uptime = Line.Uptime;
        lock (_gate)
        {
            var rate = (decimal)_meter.PerSecond(uptime) * _secondsPer;
            return Reading.Good(Definition, PointValue.From(Math.Round(rate, 6)), now);
        }
    }

    public override Reading? Take(in GpioEdge edge)
    {
        var count = CountEdges(edge, _edges, Line!.Edges);
        var isLast = _edges.HasFlag(edge.Value ? GpioEdges.Rising : GpioEdges.Falling);
        lock (_gate)
        {
            // A time is known of the edge that was told only.
            if (isLast)
            {
                _meter.Add(edge.Uptime, count);
            }
            else
            {
                _meter.AddUntimed(count);
            }
        }

        return null;
    }
}
