using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Plugins;

/// <summary>The code in ADDING-A-DRIVER.md is that of the example, which is compiled and tested. With <c>GATEWAY_WRITE_REFERENCE=1</c> the test writes it.</summary>
public sealed partial class AddingADriverTests
{
    private static readonly string Document = Path.Combine(Repository.Root, "src", "Gateway.Drivers", "ADDING-A-DRIVER.md");

    [Fact]
    public void The_code_is_that_of_the_example()
    {
        var text = File.ReadAllText(Document);
        var expected = Place().Replace(text, place => $"<!-- code: {place.Groups["what"].Value} -->\n```csharp\n{Code(place.Groups["what"].Value)}\n```\n<!-- end -->");
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_REFERENCE") == "1")
        {
            File.WriteAllText(Document, expected);
            return;
        }

        Assert.Equal(4, Place().Count(text));
        Assert.Equal(expected, text);
    }

    /// <summary>A whole file, or one method of it with its attributes.</summary>
    private static string Code(string what)
    {
        var parts = what.Split(' ');
        var code = File.ReadAllText(Path.Combine(Repository.Root, parts[0])).Trim();
        if (parts.Length == 1)
        {
            return code;
        }

        var method = Regex.Match(code, $@"^    \[Fact\]\n    public [^\n]* {parts[1]}\(.*?^    \}}", RegexOptions.Multiline | RegexOptions.Singleline);
        Assert.True(method.Success, $"There is no method {parts[1]} in {parts[0]}.");
        return string.Join('\n', method.Value.Split('\n').Select(line => line.StartsWith("    ", StringComparison.Ordinal) ? line[4..] : line));
    }

    [GeneratedRegex("<!-- code: (?<what>[^>]+) -->\n.*?<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Place();
}
