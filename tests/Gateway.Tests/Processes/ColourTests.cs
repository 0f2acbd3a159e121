using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>Colours are for terminals, and only where people want them.</summary>
public sealed partial class ColourTests : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public ColourTests()
    {
        _folder.Configure();
        _folder.WriteMap("tank.yaml", "bus: { simulated: true }\ndevices: [{ name: tank, points: { level: {} } }]\n");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("doctor")]
    [InlineData("check")]
    [InlineData("read tank")]
    [InlineData("maps list")]
    [InlineData("maps list --json")]
    [InlineData("status")]
    [InlineData("scan serial")]
    [InlineData("queue stats")]
    [InlineData("--help")]
    [InlineData("watch --help")]
    [InlineData("wacht")]
    public async Task What_is_redirected_has_no_escape_sequence(string verb)
    {
        string[] place = verb switch
        {
            "doctor" or "read tank" or "status" or "queue stats" => ["--config", _folder.ConfigurationPath],
            "check" => [_folder.ConfigurationPath],
            _ => [],
        };
        var (_, output, error) = await GatewayProcess.RunAsync([.. verb.Split(' '), .. place]);

        Assert.NotEqual("", output + error);
        Assert.DoesNotContain('\x1B', output + error);
    }

    [Fact]
    public async Task A_terminal_has_colours()
    {
        await using var terminal = Terminal.Start("doctor", "--config", _folder.ConfigurationPath);
        await terminal.WaitForExitAsync();

        Assert.Matches(Colour(), terminal.Raw);
    }

    [Theory]
    [InlineData("doctor")]
    [InlineData("read tank")]
    public async Task A_terminal_of_somebody_who_wants_none_has_none(string verb)
    {
        await using var terminal = Terminal.Start(isColourless: true, [.. verb.Split(' '), "--config", _folder.ConfigurationPath]);
        await terminal.WaitForExitAsync();

        Assert.Contains(verb == "doctor" ? "configuration" : "tank.level", terminal.Shown, StringComparison.Ordinal);
        Assert.DoesNotMatch(Colour(), terminal.Raw);
    }

    // SGR: foreground and background, of 8, 16, 256 and all colours.
    [GeneratedRegex(@"\x1B\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)[;\dm]")]
    private static partial Regex Colour();
}
