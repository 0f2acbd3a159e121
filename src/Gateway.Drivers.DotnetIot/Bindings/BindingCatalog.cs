using System.Reflection;
using Iot.Device.Bmxx80;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>The classes that Iot.Device.Bindings has.</summary>
internal static class BindingCatalog
{
    private const int MaxSuggestions = 3;

    private static readonly Lazy<IReadOnlyList<Type>> Classes = new(Load);

    /// <summary>The class of that name, with or without its namespace.</summary>
    /// <param name="name">The name; without namespace its case does not count.</param>
    /// <param name="error">Why there is none: the end of a sentence.</param>
    public static Type? Find(string name, out string error)
    {
        error = "";
        var found = Classes.Value.Where(type => type.FullName == name).ToList();
        if (found.Count == 0)
        {
            found = [.. Classes.Value.Where(type => type.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        }

        switch (found.Count)
        {
            case 1:
                return found[0];
            case 0:
                var near = Near(name).Take(MaxSuggestions).ToList();
                error = $"Iot.Device.Bindings has no class '{name}'{(near.Count > 0 ? $"; did you mean {string.Join(", ", near)}?" : "")}";
                return null;
            default:
                error = $"'{name}' is ambiguous: it is {string.Join(", ", found.Select(type => type.FullName))}";
                return null;
        }
    }

    private static IEnumerable<string> Near(string name)
    {
        var last = name[(name.LastIndexOf('.') + 1)..];
        return Classes.Value
            .Select(type => (Type: type, Distance: Distance(type.Name.ToUpperInvariant(), last.ToUpperInvariant())))
            .Where(pair => last.Length > 0 && (pair.Distance <= Math.Max(1, last.Length / 3) || pair.Type.Name.Contains(last, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.Type.FullName!);
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j - 1], row[j]) + 1);
            }
        }

        return row[b.Length];
    }

    private static List<Type> Load()
    {
        IEnumerable<Type> types;
        try
        {
            types = typeof(Bme280).Assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException incomplete)
        {
            types = incomplete.Types.OfType<Type>(); // classes whose own dependencies are not there
        }

        return [.. types.Where(type => type is { IsClass: true, IsPublic: true, IsAbstract: false, IsGenericType: false } && type.GetConstructors().Length > 0)];
    }
}
