using System.Reflection;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>How a device is made and read. Immutable.</summary>
/// <param name="Constructor">Makes the binding.</param>
/// <param name="SetUp">Properties that are set then, in this order.</param>
/// <param name="Points">What each point reads.</param>
internal sealed record BindingPlan(
    BindingConstructor Constructor, IReadOnlyList<(PropertyInfo Property, object Value)> SetUp, IReadOnlyDictionary<PointDefinition, PlannedPoint> Points)
{
    private const int MaxListed = 24;

    /// <summary>Reads a device of a map. Touches no hardware.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="device">The device.</param>
    /// <param name="diagnostics">Takes what is wrong.</param>
    /// <returns>Null if anything is wrong.</returns>
    public static BindingPlan? Parse(BusDefinition bus, DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        if (FindBinding(device.Settings, diagnostics) is not { } binding)
        {
            return null;
        }

        var constructor = BindingConstructor.Choose(binding, bus.Settings, device.Settings, diagnostics);
        var isWhole = ParseSetUp(binding, device.Settings, diagnostics, out var setUp);
        var points = new Dictionary<PointDefinition, PlannedPoint>();
        foreach (var point in device.Points)
        {
            if (ParsePoint(binding, point, diagnostics) is { } planned)
            {
                points.Add(point, planned);
            }
        }

        return constructor is not null && isWhole && points.Count == device.Points.Count ? new BindingPlan(constructor, setUp, points) : null;
    }

    /// <summary>The points of a device whose map names none: what its binding marks as telemetry.</summary>
    /// <param name="device">The device's keys.</param>
    /// <param name="diagnostics">Takes why there are none.</param>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> FindPoints(Settings device, ICollection<Diagnostic> diagnostics)
    {
        if (FindBinding(device, diagnostics) is not { } binding)
        {
            return new Dictionary<string, IReadOnlyDictionary<string, string>>();
        }

        var points = BindingMember.Telemetry(binding).ToDictionary(point => point.Key, point => point.Value.Keys);
        if (points.Count == 0)
        {
            diagnostics.Add(Diagnostic.Error(device.Locate("binding"), $"{binding.Name} marks nothing as telemetry, so that the device needs 'points'; it offers {List(BindingMember.Offers(binding))}"));
        }

        return points;
    }

    private static Type? FindBinding(Settings device, ICollection<Diagnostic> diagnostics)
    {
        var binding = BindingCatalog.Find(device.Get<string>("binding"), out var error);
        if (binding is null)
        {
            diagnostics.Add(Diagnostic.Error(device.Locate("binding"), error));
        }

        return binding;
    }

    private static bool ParseSetUp(Type binding, Settings device, ICollection<Diagnostic> diagnostics, out List<(PropertyInfo Property, object Value)> setUp)
    {
        setUp = [];
        if (!device.TryGet<IReadOnlyDictionary<string, string>>("set", out var given))
        {
            return true;
        }

        var settable = binding.GetProperties().Where(property => property.SetMethod is { IsPublic: true, IsStatic: false }).DistinctBy(property => property.Name).ToList();
        foreach (var (name, text) in given)
        {
            if (settable.FirstOrDefault(property => property.Name == name) is not { } property)
            {
                Refuse($"{binding.Name} has no property '{name}' that can be set; it has {List(settable.Select(property => property.Name))}");
            }
            else if (!TextValue.TryConvert(text, property.PropertyType, out var value, out var error))
            {
                Refuse($"'{name}' of {binding.Name} {error}, found '{text}'");
            }
            else
            {
                setUp.Add((property, value));
            }
        }

        return setUp.Count == given.Count;

        void Refuse(string message) => diagnostics.Add(Diagnostic.Error(device.Locate("set"), message));
    }

    private static PlannedPoint? ParsePoint(Type binding, PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        if (point.Writable)
        {
            return Refuse("write", "a binding's members are read only; remove 'write'");
        }

        var path = point.Settings.Get<string>("member");
        if (BindingMember.Find(binding, path) is not { } member)
        {
            return Refuse("member", $"'{path}' is no member of {binding.Name} that can be read; it offers {List(BindingMember.Offers(binding))}");
        }

        if (!MemberValue.CanPublish(member.Type))
        {
            var steps = member.Steps().Where(step => MemberValue.CanPublish(step.Type)).Select(step => step.ToString());
            return Refuse("member", $"'{path}' is a {member.Type.Name}, which is no value; say one of {List(steps)}");
        }

        if (!Quantities.IsQuantity(member.Type))
        {
            return new PlannedPoint(member, null);
        }

        if (point.Unit is not { } text)
        {
            diagnostics.Add(Diagnostic.Warning(point.Location, $"'{path}' is published in the unit that {binding.Name} happens to report; say unit: \"{Quantities.UsualUnit(member.Type)}\""));
            return new PlannedPoint(member, null);
        }

        return Quantities.FindUnit(member.Type, text) is { } unit
            ? new PlannedPoint(member, unit)
            : Refuse("unit", $"'{text}' is no unit of {member.Type.Name}; it has {List(Quantities.Units(member.Type))}");

        PlannedPoint? Refuse(string key, string message)
        {
            diagnostics.Add(Diagnostic.Error(point.Settings.Locate(key), message));
            return null;
        }
    }

    private static string List(IEnumerable<string> items)
    {
        var all = items.ToList();
        return all.Count == 0 ? "nothing" : string.Join(", ", all.Take(MaxListed)) + (all.Count > MaxListed ? " …" : "");
    }
}

/// <summary>What one point reads.</summary>
/// <param name="Member">The member.</param>
/// <param name="Unit">The unit that a quantity is published in; null: its own, or it is none.</param>
internal sealed record PlannedPoint(BindingMember Member, Enum? Unit);
