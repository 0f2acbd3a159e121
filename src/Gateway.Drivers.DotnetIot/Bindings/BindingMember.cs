using System.Reflection;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>
/// What a point reads of a binding: a property, a method <c>T X()</c> or <c>bool TryX(out T)</c>, and properties or fields of what
/// that gives, joined by dots. Immutable.
/// </summary>
internal sealed class BindingMember
{
    private readonly MemberInfo _root;
    private readonly IReadOnlyList<MemberInfo> _steps;

    private BindingMember(MemberInfo root, IReadOnlyList<MemberInfo> steps, Type type)
    {
        _root = root;
        _steps = steps;
        Type = Nullable.GetUnderlyingType(type) ?? type;
    }

    /// <summary>What is called; points of one root share one call.</summary>
    public string Root => _root.Name;

    /// <summary>What it gives; never nullable.</summary>
    public Type Type { get; }

    /// <summary>The member that a map names; null if there is none, whatever it gives.</summary>
    public static BindingMember? Find(Type binding, string path)
    {
        var names = path.Split('.');
        if (Roots(binding).FirstOrDefault(root => root.Name == names[0]) is not { } first)
        {
            return null;
        }

        var member = new BindingMember(first, [], TypeOf(first));
        foreach (var name in names[1..])
        {
            if (member.Steps().FirstOrDefault(step => step._steps[^1].Name == name) is not { } next)
            {
                return null;
            }

            member = next;
        }

        return member;
    }

    /// <summary>All that can be published of a binding, with what it marks as telemetry first, as points of a map.</summary>
    public static IEnumerable<string> Offers(Type binding) =>
        Publishable(Roots(binding).OrderBy(root => !BindingTelemetry.IsMarked(root))).Select(point => point.Value.ToMap(point.Key));

    /// <summary>What a binding marks as telemetry, by the names of points.</summary>
    public static IReadOnlyDictionary<string, BindingMember> Telemetry(Type binding) => Publishable(Roots(binding).Where(BindingTelemetry.IsMarked)).ToDictionary();

    /// <summary>The keys that a point of it has in a map.</summary>
    public IReadOnlyDictionary<string, string> Keys => Quantities.IsQuantity(Type)
        ? new Dictionary<string, string> { ["member"] = ToString(), ["unit"] = Quantities.UsualUnit(Type) }
        : new Dictionary<string, string> { ["member"] = ToString() };

    /// <summary>The members of what this one gives.</summary>
    public IEnumerable<BindingMember> Steps() => Type.IsPrimitive || Type == typeof(string)
        ? []
        : Type.GetMembers(BindingFlags.Public | BindingFlags.Instance)
            .Where(step => step is FieldInfo or PropertyInfo { CanRead: true } && (step as PropertyInfo)?.GetIndexParameters().Length is null or 0)
            .Select(step => new BindingMember(_root, [.. _steps, step], TypeOf(step)));

    /// <summary>Calls the root.</summary>
    /// <returns>What it gives; null if it has nothing.</returns>
    /// <exception cref="TargetInvocationException">It failed.</exception>
    public object? Call(object binding)
    {
        if (_root is not MethodInfo method)
        {
            return ((PropertyInfo)_root).GetValue(binding);
        }

        var arguments = new object?[method.GetParameters().Length];
        var answer = method.Invoke(binding, arguments);
        return arguments.Length == 0 ? answer : answer is true ? arguments[0] : null;
    }

    /// <summary>Walks from what the root gave to the value.</summary>
    /// <returns>The value; null if there is none.</returns>
    public object? Walk(object? value)
    {
        foreach (var step in _steps)
        {
            if (value is null)
            {
                break;
            }

            value = step is FieldInfo field ? field.GetValue(value) : ((PropertyInfo)step).GetValue(value);
        }

        return value;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join('.', [_root.Name, .. _steps.Select(step => step.Name)]);

    private static IEnumerable<MemberInfo> Roots(Type binding) =>
        binding.GetMembers(BindingFlags.Public | BindingFlags.Instance)
            .Where(member => member.DeclaringType != typeof(object) && IsRoot(member))
            .DistinctBy(member => member.Name);

    private static bool IsRoot(MemberInfo member) => member switch
    {
        PropertyInfo property => property.GetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0,
        MethodInfo { IsSpecialName: false, IsGenericMethod: false } method => method.GetParameters() switch
        {
            [] => method.ReturnType != typeof(void) && !method.ReturnType.IsAssignableTo(typeof(Task)),
            [{ IsOut: true }] => method.ReturnType == typeof(bool),
            _ => false,
        },
        _ => false,
    };

    private static Type TypeOf(MemberInfo member) => member switch
    {
        MethodInfo method => method.GetParameters() is [var result] ? result.ParameterType.GetElementType()! : method.ReturnType,
        PropertyInfo property => property.PropertyType,
        _ => ((FieldInfo)member).FieldType,
    };

    private static IEnumerable<KeyValuePair<string, BindingMember>> Publishable(IEnumerable<MemberInfo> roots) =>
        roots
            .Select(root => new BindingMember(root, [], TypeOf(root)))
            .SelectMany(member => MemberValue.CanPublish(member.Type) ? [member] : member.Steps().Where(step => MemberValue.CanPublish(step.Type)))
            .Select(member => KeyValuePair.Create(BindingTelemetry.NamePoint(member._steps.Count > 0 ? member._steps[^1] : member._root), member))
            .DistinctBy(point => point.Key);

    private string ToMap(string name)
    {
        var unit = Keys.TryGetValue("unit", out var text) ? $", unit: \"{text}\"" : "";
        return $"{name}: {{ member: {this}{unit} }}";
    }
}
