using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// Sensirion's CO₂ sensors, which measure at their own pace: a read takes what was measured last. A chip has new values, or the
/// last ones are given again as long as they are not older than two measurements.
/// </summary>
internal abstract class Scd : Chip<I2cPort>
{
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _maxAge;
    private long _measured;
    private decimal[]? _last;

    /// <param name="timeProvider">The clock of the age.</param>
    /// <param name="pace">The time from one measurement to the next.</param>
    protected Scd(TimeProvider timeProvider, TimeSpan pace)
    {
        _timeProvider = timeProvider;
        _maxAge = 2 * pace;
    }

    /// <summary>What they measure: ppm, degrees Celsius, percent.</summary>
    public static string[] Fields => ["co2", "temperature", "humidity"];

    /// <summary>How long the chip takes from a command to its answer.</summary>
    protected abstract TimeSpan AnswerTime { get; }

    /// <summary>Asks whether there are new values.</summary>
    protected abstract ushort ReadyCommand { get; }

    /// <summary>Asks for them.</summary>
    protected abstract ushort ReadCommand { get; }

    /// <summary>How long they are, bytes.</summary>
    protected abstract int AnswerLength { get; }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        Sensirion.Command(port, ReadyCommand);
        yield return AnswerTime;
        if (IsReady(Sensirion.Word(port.Read(3), 0) ?? throw Sensirion.Damaged()))
        {
            Sensirion.Command(port, ReadCommand);
            yield return AnswerTime;
            _last = Decode(port.Read(AnswerLength));
            _measured = _timeProvider.GetTimestamp();
        }

        for (var field = 0; _last is not null && field < _last.Length && _timeProvider.GetElapsedTime(_measured) <= _maxAge; field++)
        {
            values.Set(field, _last[field]);
        }
    }

    /// <summary>Whether the answer to <see cref="ReadyCommand"/> says so.</summary>
    protected abstract bool IsReady(ushort answer);

    /// <summary>The values of an answer, in the order of <see cref="Fields"/>.</summary>
    /// <exception cref="BusException">It is damaged.</exception>
    public abstract decimal[] Decode(ReadOnlySpan<byte> answer);

    /// <summary>What was measured before a fault is forgotten.</summary>
    protected void Forget() => _last = null;
}

/// <summary>SCD30: three IEEE 754 numbers every 2 s. Interface Description Sensirion SCD30, version 1.0.</summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class Scd30(TimeProvider timeProvider) : Scd(timeProvider, Pace)
{
    private const ushort StartContinuous = 0x0010;
    private const ushort SetInterval = 0x4600;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    protected override TimeSpan AnswerTime => TimeSpan.FromMilliseconds(4);

    protected override ushort ReadyCommand => 0x0202;

    protected override ushort ReadCommand => 0x0300;

    protected override int AnswerLength => 18;

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        Forget();
        Sensirion.Command(port, SetInterval, 2);
        yield return AnswerTime;
        Sensirion.Command(port, StartContinuous, 0); // without a pressure to correct by
        yield return AnswerTime;
    }

    public override decimal[] Decode(ReadOnlySpan<byte> answer)
    {
        var values = new decimal[3];
        for (var i = 0; i < values.Length; i++)
        {
            var number = BitConverter.UInt32BitsToSingle(Sensirion.LongWord(answer, 2 * i) ?? throw Sensirion.Damaged());
            values[i] = float.IsFinite(number) && Math.Abs(number) < 1e6f ? decimal.Round((decimal)number, 2) : throw Sensirion.Damaged();
        }

        return values;
    }

    protected override bool IsReady(ushort answer) => answer == 1;
}

/// <summary>SCD40 and SCD41: three words every 5 s. Datasheet SCD4x, version 1.4, §3.5.</summary>
/// <param name="timeProvider">The clock.</param>
internal sealed class Scd4x(TimeProvider timeProvider) : Scd(timeProvider, Pace)
{
    private const ushort StartPeriodic = 0x21B1;
    private const ushort StopPeriodic = 0x3F86;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    protected override TimeSpan AnswerTime => TimeSpan.FromMilliseconds(1);

    protected override ushort ReadyCommand => 0xE4B8;

    protected override ushort ReadCommand => 0xEC05;

    protected override int AnswerLength => 9;

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        Forget();
        Sensirion.Command(port, StopPeriodic); // It takes no other command while it measures.
        yield return TimeSpan.FromMilliseconds(500);
        Sensirion.Command(port, StartPeriodic);
    }

    public override decimal[] Decode(ReadOnlySpan<byte> answer)
    {
        var co2 = Sensirion.Word(answer, 0) ?? throw Sensirion.Damaged();
        var temperature = Sensirion.Word(answer, 1) ?? throw Sensirion.Damaged();
        var humidity = Sensirion.Word(answer, 2) ?? throw Sensirion.Damaged();
        return [co2, decimal.Round((175m * temperature / 65_535) - 45, 2), decimal.Round(100m * humidity / 65_535, 2)];
    }

    protected override bool IsReady(ushort answer) => (answer & 0x07FF) != 0;
}
