using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>What the packages of others that are shipped say of their licences, beside <c>deploy/debian/copyright</c>.</summary>
public sealed class CopyrightTests
{
    // As Debian calls it.
    private static readonly Dictionary<string, string> Names = new() { ["MIT"] = "Expat" };

    // What may be shipped beside programs under any licence, with no more than its notice.
    private static readonly string[] Allowed = ["Expat", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "public-domain"];

    [Fact]
    public void Every_assembly_of_somebody_else_is_under_the_licence_that_its_package_names()
    {
        var paragraphs = ReadParagraphs().ToList();
        var texts = paragraphs.Where(paragraph => paragraph.Files is null).Select(paragraph => paragraph.License).ToHashSet();
        var checkedFiles = 0;
        foreach (var (package, version, files) in ReadPackages())
        {
            var licence = ReadLicence(package, version);
            foreach (var file in files)
            {
                // The last paragraph that fits is that of the file.
                var paragraph = paragraphs.Last(paragraph => paragraph.Files?.Any(pattern => Fits(pattern, $"usr/lib/gateway/{file}")) == true);
                Assert.True(paragraph.License != "gateway", $"{file} of {package} is in no paragraph of deploy/debian/copyright");
                Assert.True(licence is null || paragraph.License == Names.GetValueOrDefault(licence, licence), $"{file} of {package} is {licence}, and {paragraph.License} in deploy/debian/copyright");
                Assert.True(Allowed.Contains(paragraph.License), $"{file} of {package} is {paragraph.License}, which is none of {string.Join(", ", Allowed)}: take another package, or allow the licence here");
                Assert.True(paragraph.HasText || texts.Contains(paragraph.License), $"the text of {paragraph.License} is not in deploy/debian/copyright");
                checkedFiles++;
            }
        }

        Assert.InRange(checkedFiles, 10, 1000);
    }

    private static bool Fits(string pattern, string path) => Regex.IsMatch(path, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$");

    // What the program says that it loads.
    private static IEnumerable<(string Package, string Version, List<string> Files)> ReadPackages()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "gateway.deps.json")));
        var packages = document.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package").Select(library => library.Name).ToHashSet();
        foreach (var library in document.RootElement.GetProperty("targets").EnumerateObject().SelectMany(target => target.Value.EnumerateObject()).Where(library => packages.Contains(library.Name)))
        {
            var files = ((string[])["runtime", "runtimeTargets"])
                .SelectMany(kind => library.Value.TryGetProperty(kind, out var found) ? found.EnumerateObject().Select(file => file.Name) : [])
                .Where(file => !file.StartsWith("runtimes/", StringComparison.Ordinal) || file.StartsWith("runtimes/linux-", StringComparison.Ordinal));
            var name = library.Name.Split('/');
            yield return (name[0], name[1], [.. files.Select(file => Path.GetFileName(file)).Distinct()]);
        }
    }

    // Null: the package has a text of its own.
    private static string? ReadLicence(string package, string version)
    {
        var folder = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var name = package.ToLowerInvariant();
        return XDocument.Load(Path.Combine(folder, name, version, $"{name}.nuspec")).Descendants()
            .FirstOrDefault(element => element.Name.LocalName == "license" && element.Attribute("type")?.Value == "expression")?.Value;
    }

    // Paragraphs are divided by empty lines; those without Files are the texts of licences.
    private static IEnumerable<(string[]? Files, string License, bool HasText)> ReadParagraphs()
    {
        foreach (var paragraph in File.ReadAllText(Path.Combine(Repository.Root, "deploy/debian/copyright")).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var files = Regex.Match(paragraph, "^Files: (.+)$", RegexOptions.Multiline);
            var license = Regex.Match(paragraph, "^License: (.+)$(\n .+)?", RegexOptions.Multiline);
            if (license.Success)
            {
                yield return (files.Success ? files.Groups[1].Value.Split(' ') : null, license.Groups[1].Value, license.Groups[2].Success);
            }
        }
    }
}
