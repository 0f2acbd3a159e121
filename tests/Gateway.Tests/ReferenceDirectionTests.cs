using System.Reflection;
using System.Xml.Linq;
using Gateway.TestSupport;

namespace Gateway.Tests;

/// <summary>The table in src/ARCHITECTURE.md is the law: project files and compiled assemblies reference what it allows and nothing else.</summary>
public sealed class ReferenceDirectionTests
{
    private static readonly DirectoryInfo Root = new(Repository.Root);

    // What a phrase of the last column means in package names and framework references.
    private static readonly Dictionary<string, string[]> Phrases = new()
    {
        ["BCL"] = [],
        ["Logging"] = ["Microsoft.Extensions.Logging.Abstractions"],
        ["dependency injection"] = ["Microsoft.Extensions.DependencyInjection.Abstractions"],
        ["ASP.NET Core"] = ["Microsoft.AspNetCore.App"],
        ["ASP.NET Core (Kestrel connections)"] = ["Microsoft.AspNetCore.App"],
        ["hosting abstractions"] = ["Microsoft.AspNetCore.App"],
        ["OpenTelemetry"] = ["OpenTelemetry.Exporter.OpenTelemetryProtocol"],
        ["Microsoft.Data.Sqlite"] = ["Microsoft.Data.Sqlite", "SQLitePCLRaw.bundle_e_sqlite3"],
    };

    // Packages that bring others of their family.
    private static readonly string[] Families = ["SQLitePCLRaw", "OpenTelemetry"];

    private static readonly Dictionary<string, Room> Rooms = ReadRooms();

    private static readonly string Solution = File.ReadAllText(Path.Combine(Root.FullName, "Gateway.sln"));

    public static TheoryData<string> ProjectNames => new(Rooms.Keys.Where(name => File.Exists(ProjectFile(name))));

    /// <summary>Those whose assemblies are there: the plug-in is compiled where its packages can be restored.</summary>
    public static TheoryData<string> CompiledNames => new(Rooms.Keys.Where(IsInSolution));

    [Fact]
    public void EveryProjectHasARow()
    {
        var projects = Root.GetDirectories("src").Single().GetDirectories("Gateway*").Select(folder => folder.Name);

        Assert.Equal(Rooms.Keys.Order(), projects.Order());
    }

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void ProjectFileReferencesWhatItsRowAllows(string project)
    {
        var xml = XDocument.Load(ProjectFile(project));

        var references = xml.Descendants("ProjectReference").Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value));
        Assert.Empty(references.Except(Rooms[project].References));

        var packages = xml.Descendants("PackageReference").Concat(xml.Descendants("FrameworkReference")).Select(e => e.Attribute("Include")!.Value);
        Assert.Empty(packages.Except(Rooms[project].Packages));
    }

    [Fact]
    public void ThePlugInIsAllThatTheSolutionLeavesOut()
    {
        const string plugin = "Gateway.Drivers.DotnetIot";
        Assert.Equal([plugin], Rooms.Keys.Where(name => !IsInSolution(name)));

        var central = File.ReadAllText(Path.Combine(Root.FullName, "Directory.Packages.props"));
        Assert.All(Rooms[plugin].Packages.Except(Phrases["Logging"]), package => Assert.DoesNotContain($"\"{package}\"", central, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(CompiledNames))]
    public void AssemblyReferencesWhatItsRowAllows(string project)
    {
        var file = Path.Combine(AppContext.BaseDirectory, (project == "Gateway" ? "gateway" : project) + ".dll");
        var references = Assembly.LoadFrom(file).GetReferencedAssemblies().Select(reference => reference.Name!).ToArray();

        Assert.Empty(references.Where(name => name.StartsWith("Gateway.", StringComparison.Ordinal)).Except(Rooms[project].References));

        var isWeb = Rooms[project].Packages.Contains("Microsoft.AspNetCore.App");
        var foreign = references.Where(name => !name.StartsWith("Gateway.", StringComparison.Ordinal) && !IsFramework(name, isWeb));
        Assert.All(foreign, name => Assert.Contains(Rooms[project].Packages, package => IsOf(name, package)));
    }

    // The package Jint has the assembly jint.
    private static bool IsOf(string assembly, string package) =>
        string.Equals(assembly, package, StringComparison.OrdinalIgnoreCase) || Families.Any(family => package.StartsWith(family, StringComparison.Ordinal) && assembly.StartsWith(family, StringComparison.Ordinal));

    private static bool IsFramework(string assembly, bool isWeb)
    {
        var core = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var web = Path.Combine(core, "..", "..", "Microsoft.AspNetCore.App", Path.GetFileName(core));
        return File.Exists(Path.Combine(core, assembly + ".dll")) || (isWeb && File.Exists(Path.Combine(web, assembly + ".dll")));
    }

    private static bool IsInSolution(string project) => Solution.Contains($"\\{project}.csproj", StringComparison.Ordinal);

    private static string ProjectFile(string project) => Path.Combine(Root.FullName, "src", project, project + ".csproj");

    private static Dictionary<string, Room> ReadRooms()
    {
        var rows = File.ReadLines(Path.Combine(Root.FullName, "src", "ARCHITECTURE.md"))
            .Where(line => line.StartsWith("| `Gateway", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1])
            .ToArray();
        var names = rows.Select(row => row[0].Trim('`')).ToArray();
        return rows.ToDictionary(row => row[0].Trim('`'), row => new Room(ReadReferences(row[2], names), ReadPackages(row[3])));
    }

    private static string[] ReadReferences(string cell, string[] names) => cell switch
    {
        "–" => [],
        "all" => names,
        _ => [.. cell.Split(',', StringSplitOptions.TrimEntries).Select(name => "Gateway." + name)],
    };

    private static string[] ReadPackages(string cell) =>
    [
        .. Phrases["Logging"], // allowed to every library
        .. cell.Split(',', StringSplitOptions.TrimEntries).SelectMany(phrase => Phrases.TryGetValue(phrase, out var packages) ? packages : [phrase]),
    ];

    private sealed record Room(string[] References, string[] Packages);
}
