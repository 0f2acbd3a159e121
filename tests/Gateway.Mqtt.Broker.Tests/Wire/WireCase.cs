using System.Reflection;

namespace Gateway.Mqtt.Broker.Tests.Wire;

/// <summary>
/// A conversation as a file has it. A heading <c>== title | statements of the standard</c>, then a line per step:
/// <c>A &gt; bytes</c> A sends, <c>A &lt; bytes</c> A has received exactly that since the last time, <c>A closed</c>, <c>A drops</c>
/// its network connection, <c>wait 1500</c> milliseconds, <c>limit Name=1</c> (first of all). Statements are those of 5.0,
/// after <c>311:</c> those of 3.1.1. What is written for both versions is run in both.
/// </summary>
internal sealed record WireCase(string Title, string[] Steps)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Wire", "Cases");

    public static IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.txt").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    public bool IsForBothVersions => Steps.Any(WireText.IsForBothVersions);

    public static TheoryData<string, string> All()
    {
        var data = new TheoryData<string, string>();
        foreach (var file in Files)
        {
            foreach (var wireCase in Read(file))
            {
                data.Add(file, wireCase.Title);
            }
        }

        return data;
    }

    public static IEnumerable<WireCase> Read(string file)
    {
        string? title = null;
        var steps = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(Folder, file)).Select(line => line.Trim()).Append("== "))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal) || line == "==")
            {
                if (title is not null)
                {
                    yield return new WireCase(title, [.. steps]);
                }

                title = line[2..].Trim();
                steps.Clear();
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                steps.Add(line);
            }
        }
    }

    public BrokerLimits Limits()
    {
        var limits = new BrokerLimits();
        foreach (var step in Steps.Where(step => step.StartsWith("limit ", StringComparison.Ordinal)))
        {
            var (name, value) = step[6..].Split('=') switch { var parts => (parts[0], parts[1]) };
            var property = typeof(BrokerLimits).GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!;
            object converted = property.PropertyType == typeof(TimeSpan)
                ? TimeSpan.FromSeconds(int.Parse(value, null))
                : Convert.ChangeType(value, property.PropertyType, null);
            property.SetValue(limits, converted);
        }

        return limits;
    }
}
