using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// The number of a line's edges, kept over restarts. Edges that were lost on the way are counted all the same, since the kernel numbers
/// them. Where some may be missing nevertheless, the next reading is uncertain, once.
/// </summary>
internal sealed class PulseCounter : GpioPoint
{
    /// <summary>Edges found no room on their way and were counted by their numbers.</summary>
    public const string EdgesLost = "edges-lost";

    /// <summary>Nobody counted for a while: the chip was gone.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>The count is that of an earlier run: what came since then was not counted.</summary>
    public const string Restored = "restored";

    /// <summary>How many counts a power cut may cost, in time: the SD card is written to no more often.</summary>
    public static readonly TimeSpan SaveWithin = TimeSpan.FromMinutes(1);

    private const string Key = "count";

    private readonly Lock _gate = new();
    private readonly IPointMemory? _memory;
    private readonly GpioEdges _edges;
    private long _count;
    private long _saved;
    private string? _doubt;
    private bool _hasBegun;

    public PulseCounter(PointDefinition definition, IPointMemory? memory)
        : base(definition)
    {
        _memory = memory;
        _edges = GpioSettings.EdgesOf(definition.Settings);
        if (memory?.Load(definition, Key) is { } count)
        {
            _saved = _count = (long)count;
            _doubt = Restored;
        }
    }

    public override void Begin()
    {
        lock (_gate)
        {
            _doubt = _hasBegun ? Interrupted : _doubt;
            _hasBegun = true;
        }
    }

    public override Reading Read(DateTimeOffset now)
    {
        Line!.Read(); // throws where the chip is gone
        lock (_gate)
        {
            var reading = new Reading(Definition, PointValue.From(_count), now, _doubt is null ? Quality.Good : Quality.Uncertain, _doubt);
            _doubt = null;
            return reading;
        }
    }

    public override WriteOutcome Write(PointValue value)
    {
        if (_memory is null)
        {
            return new WriteOutcome("a count is kept by the service; start it and write again");
        }

        if (!value.TryGetNumber(out var number) || number is < 0 or > long.MaxValue)
        {
            return new WriteOutcome($"'{value}' is no count");
        }

        lock (_gate)
        {
            _count = (long)Math.Round(number, MidpointRounding.AwayFromZero);
            _doubt = null;
        }

        EndBatch();
        return WriteOutcome.Done;
    }

    public override Reading? Take(in GpioEdge edge)
    {
        lock (_gate)
        {
            // What is taken back may have been counted before a command set the count.
            _count = Math.Max(0, _count + CountEdges(edge, _edges, Line!.Edges));
            _doubt = edge.Missed != 0 ? EdgesLost : _doubt;
        }

        return null;
    }

    public override void EndBatch()
    {
        lock (_gate)
        {
            if (_count != _saved)
            {
                _memory?.Save(Definition, Key, _count, SaveWithin);
                _saved = _count;
            }
        }
    }
}
