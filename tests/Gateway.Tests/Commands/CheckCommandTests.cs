using Gateway.Commands;
using Gateway.DeviceMaps.Files;
using Gateway.TestSupport;

namespace Gateway.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public static TheoryData<string> BrokenCases => [.. BrokenCase.Names];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(BrokenCases))]
    public void RefusesEveryBrokenCaseWithItsMessage(string name)
    {
        var broken = BrokenCase.Read(name);

        var (exitCode, _, error) = Check(broken.Folder, [.. broken.Arguments]);

        Assert.Equal(string.Concat(broken.Expected.Select(line => line + "\n")), error);
        Assert.Equal(1, exitCode);
    }

    [Fact]
    public void PrintsTheLoadOfEachBus()
    {
        Write("pv.yaml", """
            bus: { modbus: tcp, host: 10.0.0.7 }
            devices:
              - { name: pv, unit: 126, every: 2 s, points: { power: { holding: 1 }, energy: { holding: 2 } } }
            """);

        var (exitCode, output, error) = Check(_folder.FullName, "pv.yaml");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.StartsWith("bus                      devices  points  load", output, StringComparison.Ordinal);
        Assert.Contains("modbus tcp 10.0.0.7:502  1        2", output, StringComparison.Ordinal);
    }

    [Fact]
    public void ABusThatIsAskedForMoreThanItCanIsAnErrorWithTheArithmetic()
    {
        Write("slow.yaml", """
            bus: { modbus: rtu, port: /dev/ttyUSB0, baud: 1200 }
            devices:
              - { name: meter, every: 100 ms, points: { a: { holding: 1 }, b: { holding: 1000 } } }
            """);

        var (exitCode, _, error) = Check(_folder.FullName, "slow.yaml");

        Assert.Equal(1, exitCode);
        Assert.Matches("^slow\\.yaml:1:6: error: polling this bus as asked takes [0-9.]+ % of its time \\(.+\\); poll less often, or raise the baud rate\n$", error);
    }

    [Fact]
    public void AFileOfAnyNameIsAConfigurationIfItsKeysAre()
    {
        Write("test.yaml", "site: a/b\n");

        var (exitCode, _, error) = Check(_folder.FullName, "test.yaml");

        Assert.Equal(1, exitCode);
        Assert.Contains("test.yaml:1:7: error: 'a/b' cannot be the name of the site", error, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileIsSaid()
    {
        var (exitCode, _, error) = Check(_folder.FullName, "missing.yaml");

        Assert.Equal((1, "missing.yaml: error: there is no such file\n"), (exitCode, error));
    }

    private static (int ExitCode, string Output, string Error) Check(string folder, params string[] paths)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = CheckCommand.Run(paths, new DiskFiles(folder), output, error);
        return (exitCode, output.ToString(), error.ToString());
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);
}
