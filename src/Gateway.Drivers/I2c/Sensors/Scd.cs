using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c.Sensors;

/// <summary>
/// Sensirion's CO₂ sensors, which measure at their own pace: a read takes what was measured last. A chip has new values, or the
/// last ones are given again, with the time at which it had them, as long as they are not older than two measurements.
/// </summary>
internal abstract class Scd : Chip<I2cPort>
{
    /// <summary>What the first measurement may take longer than the others.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

    private readonly DriverContext _context;
    private readonly TimeSpan _pace;
    private long _begun;
    private decimal[]? _last;
    private DateTimeOffset _lastTaken;

    /// <param name="context">The clock of the age.</param>
    /// <param name="pace">The time from one measurement to the next.</param>
    protected Scd(DriverContext context, TimeSpan pace)
    {
        _context = context;
        _pace = pace;
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

    /// <summary>How long a chip that measures takes to its first values at most.</summary>
    protected TimeSpan FirstTime => _pace + Margin;

    public override IEnumerable<TimeSpan> SetUp(I2cPort port)
    {
        _last = null;
        var isReady = false;
        foreach (var wait in AskReady(port, answer => isReady = answer))
        {
            yield return wait;
        }

        if (!isReady)
        {
            foreach (var wait in Start(port))
            {
                yield return wait;
            }

            if (_context.Memory is null)
            {
                // Whoever reads once has no second read to find values at.
                foreach (var wait in AskReady(port, answer => isReady = answer))
                {
                    yield return wait;
                }

                yield return isReady ? TimeSpan.Zero : FirstTime;
            }
        }

        _begun = _context.TimeProvider.GetTimestamp();
    }

    public override IEnumerable<TimeSpan> Measure(I2cPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        var isReady = false;
        foreach (var wait in AskReady(port, answer => isReady = answer))
        {
            yield return wait;
        }

        if (isReady)
        {
            Sensirion.Command(port, ReadCommand);
            yield return AnswerTime;
            _last = Decode(port.Read(AnswerLength));
            _begun = _context.TimeProvider.GetTimestamp();
            _lastTaken = _context.TimeProvider.GetUtcNow();
        }

        var age = _context.TimeProvider.GetElapsedTime(_begun);
        if (age > 3 * _pace)
        {
            // It has lost its supply.
            throw new BusException(BusReasons.NotReady, "The sensor does not measure; it is started anew.");
        }

        values.MeasuredAt = _lastTaken;
        for (var field = 0; _last is not null && field < _last.Length && age <= 2 * _pace; field++)
        {
            values.Set(field, _last[field]);
        }
    }

    /// <summary>Makes sure that it measures; it has no values yet.</summary>
    protected abstract IEnumerable<TimeSpan> Start(I2cPort port);

    /// <summary>Whether the answer to <see cref="ReadyCommand"/> says so.</summary>
    protected abstract bool IsReady(ushort answer);

    /// <summary>The values of an answer, in the order of <see cref="Fields"/>.</summary>
    /// <exception cref="BusException">It is damaged.</exception>
    public abstract decimal[] Decode(ReadOnlySpan<byte> answer);

    /// <summary>Asks whether there are new values.</summary>
    protected IEnumerable<TimeSpan> AskReady(I2cPort port, Action<bool> answer)
    {
        Sensirion.Command(port, ReadyCommand);
        yield return AnswerTime;
        answer(IsReady(Sensirion.Word(port.Read(3), 0) ?? throw Sensirion.Damaged()));
    }
}

/// <summary>SCD30: three IEEE 754 numbers every 2 s. Interface Description Sensirion SCD30, version 1.0.</summary>
/// <param name="context">The clock, and whether there is a service.</param>
internal sealed class Scd30(DriverContext context) : Scd(context, Pace)
{
    private const ushort StartContinuous = 0x0010;
    private const ushort SetInterval = 0x4600;
    private const ushort IntervalSeconds = 2;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(IntervalSeconds);

    protected override TimeSpan AnswerTime => TimeSpan.FromMilliseconds(4);

    protected override ushort ReadyCommand => 0x0202;

    protected override ushort ReadCommand => 0x0300;

    protected override int AnswerLength => 18;

    // It keeps all of this in a memory that wears, and goes on by itself after a loss of its supply.
    protected override IEnumerable<TimeSpan> Start(I2cPort port)
    {
        Sensirion.Command(port, SetInterval);
        yield return AnswerTime;
        if (Sensirion.Word(port.Read(3), 0) != IntervalSeconds)
        {
            Sensirion.Command(port, SetInterval, IntervalSeconds);
            yield return AnswerTime;
        }

        // Whether it measures it does not say: one that does has values by now.
        yield return FirstTime;
        var isMeasuring = false;
        foreach (var wait in AskReady(port, answer => isMeasuring = answer))
        {
            yield return wait;
        }

        if (!isMeasuring)
        {
            Sensirion.Command(port, StartContinuous, 0); // without a pressure to correct by
            yield return AnswerTime;
        }
    }

    public override decimal[] Decode(ReadOnlySpan<byte> answer)
    {
        var values = new decimal[3];
        for (var i = 0; i < values.Length; i++)
        {
            var number = BitConverter.UInt32BitsToSingle(Sensirion.LongWord(answer, 2 * i) ?? throw Sensirion.Damaged());
            values[i] = float.IsFinite(number) && Math.Abs(number) < 1e6f ? decimal.Round((decimal)number, 2)
                : throw new BusException(BusReasons.NotReady, "The sensor answers what is no number.");
        }

        return values;
    }

    protected override bool IsReady(ushort answer) => answer == 1;
}

/// <summary>SCD40 and SCD41: three words every 5 s. Datasheet SCD4x, version 1.4, §3.5.</summary>
/// <param name="context">The clock, and whether there is a service.</param>
internal sealed class Scd4x(DriverContext context) : Scd(context, Pace)
{
    private const ushort StartPeriodic = 0x21B1;
    private const ushort StopPeriodic = 0x3F86;

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    protected override TimeSpan AnswerTime => TimeSpan.FromMilliseconds(1);

    protected override ushort ReadyCommand => 0xE4B8;

    protected override ushort ReadCommand => 0xEC05;

    protected override int AnswerLength => 9;

    protected override IEnumerable<TimeSpan> Start(I2cPort port)
    {
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
