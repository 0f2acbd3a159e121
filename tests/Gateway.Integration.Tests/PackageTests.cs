using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>The packages of the two libraries, as a stranger uses them: the programs in their READMEs, built against them alone.</summary>
public sealed partial class PackageTests : IDisposable
{
    // Version and folder are of this run only: a package that was restored before would hide this one.
    private readonly string _version = $"0.0.0-tests.{Guid.NewGuid():N}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("packages-");

    [PeerFact(Peer.Mosquitto)]
    public async Task The_clients_readme_runs_against_mosquitto()
    {
        await using var mosquitto = await MosquittoBroker.StartAsync();
        await using var program = await StartReadmeAsync("Gateway.Mqtt", ["Gateway.Mqtt"], $"{mosquitto.Uri}");
        Assert.True(await program.WaitForExitAsync() == 0, program.Output);
        Assert.Equal(["acknowledged", "house/attic/temperature: 21.5"], program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [PeerFact(Peer.MosquittoClients)]
    public async Task The_brokers_readme_runs_and_serves_mosquitto_pub()
    {
        await using var program = await StartReadmeAsync("Gateway.Mqtt.Broker", ["Gateway.Mqtt", "Gateway.Mqtt.Broker"], "mqtt://127.0.0.1:0");
        var port = (await program.WaitForLineAsync("listening on ")).Split(':')[^1];
        await using var publisher = PeerProcess.Start("mosquitto_pub", ["-p", port, "-t", "house/attic/temperature", "-m", "21.5", "-q", "1"]);
        await program.WaitForLineAsync("house/attic/temperature: 21.5");
        Assert.Equal(0, await publisher.WaitForExitAsync());
        Assert.True(await program.WaitForExitAsync() == 0, program.Output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Program { get; }

    private async Task<PeerProcess> StartReadmeAsync(string project, string[] packages, string argument)
    {
        foreach (var package in packages)
        {
            // What is packed is what the tests were built with.
            await RunAsync(
                "pack", Path.Combine(Repository.Root, "src", package), "--no-build", "-c", Configuration, "-o", Path.Combine(_folder.FullName, "packages"), $"-p:Version={_version}");
        }

        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", project, "README.md"));
        var globalPackages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await WriteAsync("Program.cs", Program.Match(readme).Groups[1].Value);
        await WriteAsync("nuget.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="restored" /></config>
              <packageSources><clear /><add key="here" value="packages" /></packageSources>
              <fallbackPackageFolders><clear /><add key="there" value="{globalPackages}" /></fallbackPackageFolders>
            </configuration>
            """);
        await WriteAsync("Program.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="{project}" Version="{_version}" /></ItemGroup>
            </Project>
            """);
        await RunAsync("build", _folder.FullName, "-o", Path.Combine(_folder.FullName, "out"));
        return PeerProcess.Start("dotnet", ["exec", Path.Combine(_folder.FullName, "out", "Program.dll"), argument]);
    }

    // .../bin/CONFIGURATION/FRAMEWORK/
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(_folder.FullName, name), text);

    private static async Task RunAsync(params string[] arguments)
    {
        await using var dotnet = PeerProcess.Start("dotnet", [.. arguments, "-nologo", "-v", "quiet"]);
        Assert.True(await dotnet.WaitForExitAsync(TimeSpan.FromMinutes(3)) == 0, dotnet.Output);
    }
}
