using System.Reflection;
using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>
/// A device and its binding, which is made by the first read, and anew by the first read after a fault. Used on the thread of the bus
/// alone, but for <see cref="Definition"/> and <see cref="Fault"/>.
/// </summary>
/// <param name="definition">The device of the map.</param>
/// <param name="plan">How it is made and read.</param>
/// <param name="ports">The hardware of its bus.</param>
internal sealed class BindingDevice(DeviceDefinition definition, BindingPlan plan, BindingPorts ports)
{
    /// <summary>Why a point has no value where the binding failed in a way that it alone knows.</summary>
    public const string BindingFault = "binding-fault";

    private readonly List<IDisposable> _opened = [];
    private object? _binding;

    public DeviceDefinition Definition => definition;

    /// <summary>What was logged last; null: that it works, or nothing. Belongs to the owner of the bus.</summary>
    public string? Fault { get; set; }

    /// <summary>The term for a fault, as it is published.</summary>
    public static string ReasonOf(Exception fault) => fault switch
    {
        BusException bus => bus.Reason,
        TimeoutException => BusReasons.Timeout,
        IOException => BusReasons.Failed,
        _ => BindingFault,
    };

    /// <summary>Reads points, each root once. A fault of the hardware ends it; what the binding itself refuses costs that point alone.</summary>
    public MemberReading Read(IReadOnlyList<PointDefinition> points)
    {
        var values = new (PointValue Value, string? Reason)[points.Count];
        var fault = Try(() => _binding ??= Make());
        var isLost = fault is not null;
        var answers = new Dictionary<string, object?>();
        for (var i = 0; i < values.Length; i++)
        {
            var point = plan.Points[points[i]];
            if (!isLost && Try(() => values[i] = ReadOne(point, answers)) is { } thrown)
            {
                fault = thrown;
                isLost = thrown is IOException;
                values[i].Reason = ReasonOf(thrown);
            }
            else if (isLost)
            {
                values[i].Reason = ReasonOf(fault!);
            }
        }

        if (fault is not null)
        {
            Drop();
        }

        return new MemberReading(values, fault);
    }

    /// <summary>Disposes the binding and its hardware.</summary>
    public void Drop()
    {
        // Bindings may speak to their chip once more here, which may be what is gone: faults of disposing say nothing new.
        Try(() => (_binding as IDisposable)?.Dispose());
        _binding = null;
        foreach (var port in _opened)
        {
            Try(port.Dispose);
        }

        _opened.Clear();
    }

    private (PointValue Value, string? Reason) ReadOne(PlannedPoint point, Dictionary<string, object?> answers)
    {
        var (member, unit) = point;
        if (!answers.TryGetValue(member.Root, out var answer))
        {
            answer = member.Call(_binding!);
            answers.Add(member.Root, answer);
        }

        return member.Walk(answer) is { } value && MemberValue.From(value, unit) is { Kind: not PointValueKind.None } good
            ? (good, null)
            : (PointValue.None, BusReasons.NotReady);
    }

    private object Make()
    {
        var made = plan.Constructor.Create(ports, definition, _opened);
        foreach (var (property, value) in plan.SetUp)
        {
            property.SetValue(made, value);
        }

        return made;
    }

    /// <returns>What it threw; null if it did not.</returns>
    private static Exception? Try(Action action)
    {
        try
        {
            action();
            return null;
        }
#pragma warning disable CA1031 // Whatever somebody else's binding throws, its points say so and the others go on.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            return Unwrap(thrown);
        }
    }

    private static Exception Unwrap(Exception fault)
    {
        while (fault is TargetInvocationException { InnerException: { } inner })
        {
            fault = inner;
        }

        // Bindings wrap what their hardware says.
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is BusException bus)
            {
                return bus;
            }
        }

        return fault;
    }
}

/// <summary>What a read gave.</summary>
/// <param name="Values">The value of each point, or why there is none.</param>
/// <param name="Fault">What went wrong last; null: nothing.</param>
internal sealed record MemberReading(IReadOnlyList<(PointValue Value, string? Reason)> Values, Exception? Fault);
