using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Linux.Timing;

namespace Gateway.Drivers.Gpio;

/// <summary>A relay, a valve: a line that is driven, for good or for the time of a pulse.</summary>
internal sealed class LevelOutput : GpioOutput
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly ITimer? _release;
    private readonly Action<GpioPoint> _changed;

    /// <param name="definition">A valid definition.</param>
    /// <param name="context">The clock, and what was written last.</param>
    /// <param name="changed">Is told that the point has changed by itself.</param>
    public LevelOutput(PointDefinition definition, DriverContext context, Action<GpioPoint> changed)
        : base(definition, context)
    {
        _changed = changed;
        if (Pulse is not null)
        {
            _release = PreciseTimeProvider.InPlaceOf(context.TimeProvider).CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public override bool? InitialLevel => Value is { } value ? value != 0 : null;

    protected override decimal On => 1;

    protected override decimal? RestValue => Pulse is not null && Value == 1 ? 0 : null;

    public override Reading Read(DateTimeOffset now) => Reading.Good(Definition, PointValue.From(Line!.Read()), now);

    public override void Begin()
    {
        // A pulse that had begun before it took over ends with it.
        if (IsFollowing && Pulse is not null && Value == 1)
        {
            Apply(1);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_release is not null)
        {
            await _release.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    protected override void Drive(decimal value)
    {
        Line!.Write(value != 0);
        _release?.Change(value != 0 ? Pulse!.Value : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    protected override string? TryConvert(PointValue value, out decimal converted)
    {
        converted = 0;
        if (value.Kind != PointValueKind.Boolean && !value.IsNumber)
        {
            return $"'{value}' is neither true nor false";
        }

        var isOn = value.Kind == PointValueKind.Boolean ? value.AsBoolean : !value.TryGetNumber(out var number) || number != 0;
        converted = isOn ? 1 : 0;
        return null;
    }

    private void Release()
    {
        try
        {
            Apply(0);
            _changed(this);
        }
        catch (IOException)
        {
            // The line is gone and begins as off when it is back. Where it only failed, nothing else would switch it off.
            _release!.Change(RetryDelay, Timeout.InfiniteTimeSpan);
        }
    }
}
