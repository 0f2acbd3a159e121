using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// How often a line has edges: flow, wind, revolutions. While its window holds edges that were lost on their way, or a time in which the
/// chip was gone, it is uncertain.
/// </summary>
internal sealed class PulseRate : GpioPoint
{
    private readonly Lock _gate = new();
    private readonly GpioEdges _edges;
    private readonly decimal _secondsPer;
    private readonly TimeSpan _window;
    private readonly RateMeter _meter;
    private bool _hasBegun;
    private string? _doubt;
    private TimeSpan _doubtEnd;

    public PulseRate(PointDefinition definition)
        : base(definition)
    {
        _edges = GpioSettings.EdgesOf(definition.Settings);
        _window = definition.Settings.Get<TimeSpan>("window");
        _meter = new RateMeter(_window);
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
            if (_hasBegun)
            {
                Doubt(PulseCounter.Interrupted, Line!.Uptime);
            }

            _hasBegun = true;
        }
    }

    public override Reading Read(DateTimeOffset now)
    {
        Line!.Read(); // throws where the chip is gone
        var uptime = Line.Uptime;
        lock (_gate)
        {
            var rate = (decimal)_meter.PerSecond(uptime) * _secondsPer;
            _doubt = uptime < _doubtEnd ? _doubt : null;
            return new Reading(Definition, PointValue.From(Math.Round(rate, 6)), now, _doubt is null ? Quality.Good : Quality.Uncertain, _doubt);
        }
    }

    public override Reading? Take(in GpioEdge edge)
    {
        // What is taken back was in a time that is over.
        var count = CountEdges(edge with { Missed = Math.Max(0, edge.Missed) }, _edges, Line!.Edges);
        var isLast = _edges.HasFlag(edge.Value ? GpioEdges.Rising : GpioEdges.Falling);
        lock (_gate)
        {
            if (edge.Missed > 0)
            {
                Doubt(PulseCounter.EdgesLost, edge.Uptime);
            }

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

    private void Doubt(string reason, TimeSpan uptime) => (_doubt, _doubtEnd) = (reason, uptime + _window);
}
