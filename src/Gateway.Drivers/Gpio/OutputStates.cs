using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// What an output is at the start, at the stop and at the loss of the uplink, by what its point says. Whoever opens a bus for one
/// command leaves outputs as they are.
/// </summary>
internal sealed class OutputStates
{
    private const string MemoryKey = "output";

    /// <summary>Commands are rare, and what was commanded is not to be forgotten.</summary>
    private static readonly TimeSpan SaveWithin = TimeSpan.FromSeconds(10);

    private readonly PointDefinition _point;
    private readonly IPointMemory? _memory;
    private readonly TimeSpan _uplinkLossAfter;
    private bool _hasMetLoss;
    private bool _isLossOwed;

    /// <param name="point">A valid definition.</param>
    /// <param name="context">What was written last.</param>
    /// <param name="on">What on is.</param>
    public OutputStates(PointDefinition point, DriverContext context, decimal on)
    {
        var settings = point.Settings;
        _point = point;
        _memory = context.Memory;
        Pulse = settings.TryGet<TimeSpan>(PulseKey.Name, out var pulse) ? pulse : null;
        _uplinkLossAfter = settings.Get<TimeSpan>("uplink-loss-after");
        UplinkLoss = ValueOf(settings.Get<string>("on-uplink-loss"), on);
        if (_memory is not null)
        {
            var start = settings.Get<string>("start");
            Start = start == "last" ? _memory.Load(point, MemoryKey) ?? 0 : ValueOf(start, on);
            Stop = ValueOf(settings.Get<string>("stop"), on);
        }
    }

    /// <summary>The keys of a point that say it.</summary>
    public static IReadOnlyList<KeySchema> Keys { get; } =
    [
        new()
        {
            Name = "start",
            Type = KeyType.Choice,
            Choices = ["off", "on", "keep", "last"],
            Default = "off",
            Description = "What an output is when the gateway starts: off, on, as it is found (keep), or as it was written last.",
            Example = "last",
        },
        new()
        {
            Name = "stop",
            Type = KeyType.Choice,
            Choices = ["off", "on", "keep"],
            Default = "off",
            Description = "What an output becomes when the gateway stops or the map no longer has it. With keep nothing is done.",
            Example = "keep",
        },
        new()
        {
            Name = "on-uplink-loss",
            Type = KeyType.Choice,
            Choices = ["off", "on", "keep"],
            Default = "keep",
            Description = "What an output becomes, until it is written again, when the uplink has been away for 'uplink-loss-after'.",
            Example = "off",
        },
        new()
        {
            Name = "uplink-loss-after",
            Type = KeyType.Duration,
            Default = TimeSpan.FromMinutes(1),
            Minimum = 1,
            Maximum = 7 * 24 * 3600,
            Description = "With on-uplink-loss: after how long.",
            Example = "10 min",
        },
    ];

    /// <summary>The key of a point that is on for a moment only.</summary>
    public static KeySchema PulseKey { get; } = new()
    {
        Name = "pulse",
        Type = KeyType.Duration,
        Minimum = 0.001m,
        Maximum = 24 * 3600,
        Description = "An output that is written true is false again after so long: a bell, a door opener, an impulse relay.",
        Example = "500 ms",
    };

    /// <summary>The output.</summary>
    public PointDefinition Point => _point;

    /// <summary>For how long it is on; null: until it is written again.</summary>
    public TimeSpan? Pulse { get; }

    /// <summary>What it begins with; null: as it is found.</summary>
    public decimal? Start { get; }

    /// <summary>What it is left with; null: as it is.</summary>
    public decimal? Stop { get; }

    /// <summary>What it becomes when the uplink is lost; null: it has no state for that.</summary>
    public decimal? UplinkLoss { get; }

    /// <summary>Whether the service keeps it, or one command has opened its bus.</summary>
    public bool IsKept => _memory is not null;

    /// <summary>Adds what is wrong with the keys of an output.</summary>
    public static void Validate(Settings settings, ICollection<Diagnostic> diagnostics)
    {
        if (settings.IsWritten(PulseKey.Name) && settings.Get<string>("start") is var start and ("on" or "last" or "keep"))
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("start"), $"an output with 'pulse' is on for a moment only; remove 'start: {start}'"));
        }

        if (settings.IsWritten("uplink-loss-after") && settings.Get<string>("on-uplink-loss") == "keep")
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate("uplink-loss-after"), "'uplink-loss-after' needs 'on-uplink-loss: off' or 'on-uplink-loss: on'"));
        }
    }

    /// <summary>Adds an error for each key of an output that an input has.</summary>
    public static void RefuseForInput(Settings settings, IEnumerable<string> keys, ICollection<Diagnostic> diagnostics)
    {
        foreach (var key in keys.Where(settings.IsWritten))
        {
            diagnostics.Add(Diagnostic.Error(settings.Locate(key), $"'{key}' is for outputs; add 'direction: output'"));
        }
    }

    /// <summary>
    /// Looks how long the uplink has been away: whether the state for that is to be taken now. It is once a loss, as what is written
    /// later counts; and again until it was.
    /// </summary>
    public bool IsLossOwed(TimeSpan absence)
    {
        if (UplinkLoss is null || absence < _uplinkLossAfter)
        {
            _hasMetLoss = false;
            return false;
        }

        _isLossOwed |= !_hasMetLoss;
        _hasMetLoss = true;
        return _isLossOwed;
    }

    /// <summary>Why a command cannot be carried out; null if it can. Nobody would be left to end a pulse of a bus that was opened for one command.</summary>
    public string? RefuseCommand(bool isOn) => !isOn || Pulse is null || IsKept ? null : "a pulse is ended by the service; start it and write again";

    /// <summary>It was set, and owes nothing to a loss before.</summary>
    public void SetDone() => _isLossOwed = false;

    /// <summary>Keeps what was written over restarts, but for a pulse.</summary>
    public void Save(decimal value)
    {
        if (Pulse is null)
        {
            _memory?.Save(_point, MemoryKey, value, SaveWithin);
        }
    }

    private static decimal? ValueOf(string state, decimal on) => state switch
    {
        "on" => on,
        "off" => 0,
        _ => null,
    };
}
