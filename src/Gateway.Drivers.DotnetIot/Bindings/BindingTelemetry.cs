using System.Device.Model;
using System.Reflection;
using System.Text;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>What a binding says of itself by attributes.</summary>
internal static class BindingTelemetry
{
    private static readonly string[] Verbs = ["TryRead", "TryGet", "Read", "Get", "Try"];

    /// <summary>Whether the binding marks the member as what it measures.</summary>
    public static bool IsMarked(MemberInfo member) => member.GetCustomAttribute<TelemetryAttribute>() is not null;

    /// <summary>What a point of the member is called: its telemetry name, or its own without verb, in words joined by hyphens.</summary>
    public static string NamePoint(MemberInfo member)
    {
        var name = member.GetCustomAttribute<TelemetryAttribute>()?.Name ?? member.Name;
        var verb = Verbs.FirstOrDefault(verb => name.Length > verb.Length && name.StartsWith(verb, StringComparison.Ordinal)) ?? "";
        var point = new StringBuilder();
        foreach (var character in name.AsSpan(verb.Length))
        {
            if (char.IsUpper(character) && point.Length > 0 && char.IsLower(point[^1]))
            {
                point.Append('-');
            }

            point.Append(char.ToLowerInvariant(character));
        }

        return point.ToString();
    }
}
