using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests;

/// <summary>The numbers of the log's events, by which programs know them.</summary>
public sealed partial class EventIdTests
{
    [Fact]
    public void No_number_is_given_twice()
    {
        var numbers = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*Log.cs", SearchOption.AllDirectories)
            .SelectMany(file => Number().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .ToList();

        Assert.InRange(numbers.Count, 100, 10_000);
        Assert.DoesNotContain(numbers.CountBy(number => number), number => number.Value > 1);
    }

    [GeneratedRegex(@"\[LoggerMessage\((\d+),")]
    private static partial Regex Number();
}
