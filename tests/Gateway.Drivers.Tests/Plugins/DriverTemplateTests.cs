using System.Diagnostics;
using System.Xml.Linq;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Plugins;

/// <summary>The example is what people copy: out of the clone it is built against a gateway, and its tests run.</summary>
public sealed class DriverTemplateTests : IDisposable
{
    private const string Driver = "Gateway.Drivers.Example";
    private const string Tests = "Gateway.Drivers.Example.Tests";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("template-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_copy_of_it_is_built_and_its_tests_pass()
    {
        Copy(Driver);
        Copy(Tests);

        var start = new ProcessStartInfo("dotnet", ["test", Tests, $"-p:GatewayHome={AppContext.BaseDirectory}", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-nologo"])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What the test run that this is a part of has set is not for another.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(8));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        Assert.True(process.ExitCode == 0, await output + await error);
        Assert.Matches("Passed: +[1-9]", await output);
    }

    [Fact]
    public void Its_packages_are_those_that_the_gateway_is_tested_with()
    {
        var ours = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion").ToDictionary(Name, package => package.Attribute("Version")!.Value);
        var references = new[] { Driver, Tests }.SelectMany(project => XDocument.Load(Path.Combine(Repository.Root, "tests", project, project + ".csproj")).Descendants("PackageReference")).ToList();

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.Equal(ours[Name(reference)], reference.Attribute("Version")!.Value));

        static string Name(XElement package) => package.Attribute("Include")!.Value;
    }

    private void Copy(string project)
    {
        var from = Path.Combine(Repository.Root, "tests", project);
        var to = _folder.CreateSubdirectory(project).FullName;
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
