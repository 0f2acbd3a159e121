using Gateway.Commands;

namespace Gateway.Tests.Commands;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("no-such-verb")]
    [InlineData("status --no-such-option")]
    [InlineData("status extra")]
    [InlineData("")]
    public async Task WrongUsageIsOneSentenceAndExitCode2(string line)
    {
        var (exitCode, output, error) = await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, exitCode);
        Assert.Equal("", output);
        Assert.StartsWith("gateway: ", error, StringComparison.Ordinal);
        Assert.EndsWith("--help'\n", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task EveryVerbHasHelp()
    {
        foreach (var verb in CommandLine.CreateRoot().Subcommands)
        {
            var (exitCode, output, error) = await RunAsync([verb.Name, "--help"]);

            Assert.Equal((0, ""), (exitCode, error));
            Assert.Contains(verb.Description!, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task StatusWithoutAServiceIsNo()
    {
        var (exitCode, output, error) = await RunAsync(["status", "--data", "/nonexistent"]);

        Assert.Equal(1, exitCode);
        Assert.Equal("", output);
        Assert.Equal("gateway: no service runs on /nonexistent: start it with 'gateway run', or name its data folder with --data\n", error);
    }

    [Fact]
    public async Task ScanningWhatIsNoI2cAdapterIsNo() => Assert.Equal(
        (1, "", "gateway: /dev/null is not an I2C adapter (ENOTTY)\n"), await RunAsync(["scan", "i2c", "/dev/null"]));

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.RunAsync(args, output, error, CancellationToken.None);
        return (exitCode, output.ToString(), error.ToString());
    }
}
