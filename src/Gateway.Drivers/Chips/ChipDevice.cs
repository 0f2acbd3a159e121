using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Chips;

/// <summary>A chip of a map with its state.</summary>
/// <typeparam name="TPort">The way to the chip.</typeparam>
internal sealed class ChipDevice<TPort>
{
    private readonly Dictionary<PointDefinition, int> _fields;

    /// <param name="definition">The device of the map.</param>
    /// <param name="chip">What reads it.</param>
    /// <param name="fieldCount">How many fields the chip has.</param>
    /// <param name="fields">The field of each point.</param>
    public ChipDevice(DeviceDefinition definition, Chip<TPort> chip, int fieldCount, Dictionary<PointDefinition, int> fields)
    {
        Definition = definition;
        Chip = chip;
        Values = new ChipValues(fieldCount);
        _fields = fields;
    }

    public DeviceDefinition Definition { get; }

    public Chip<TPort> Chip { get; }

    /// <summary>Belongs to the measurement that is under way, then to the read that takes it.</summary>
    public ChipValues Values { get; }

    /// <summary>Whether the chip was set up and nothing went wrong since.</summary>
    public bool IsSetUp { get; set; }

    /// <summary>What was logged of it last; null: that it works, or nothing.</summary>
    public string? Fault { get; set; }

    /// <summary>The thread and the last values of one whose reads may take long; null: it is read on the thread of the bus.</summary>
    public OwnPace? OwnPace { get; init; }

    /// <summary>Ends the pulses of its outputs; null: none has begun yet.</summary>
    public PulseEnd? PulseEnd { get; set; }

    /// <summary>How long its last measurement waited for it.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>The measurement that begins before its time; null: there is none.</summary>
    public AheadMeasurement? Ahead { get; set; }

    /// <summary>When its next read is expected.</summary>
    public ReadExpectation Expectation { get; } = new();

    /// <summary>The fields of all its points.</summary>
    public IReadOnlyList<int> AllFields => [.. _fields.Values.Distinct().Order()];

    public int FieldOf(PointDefinition point) => _fields[point];
}
