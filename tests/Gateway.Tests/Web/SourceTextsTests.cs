using Gateway.DeviceMaps.Files;
using Gateway.Hosting;
using Gateway.Web.Maps;

namespace Gateway.Tests.Web;

public sealed class SourceTextsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("texts-");
    private ISourceFiles? _running;

    private string Configuration => Path.Combine(_folder.FullName, "gateway.yaml");

    private string Map => Path.Combine(_folder.FullName, "devicemaps", "boiler.yaml");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Each_error_stands_at_its_place_in_its_file()
    {
        Write("site: plant1\n", "bus: { simulated: true }\ndevices:\n  - name: boiler\n    evry: 1 s\n    points: { flow: { unit: K } }\n");

        var texts = Read();

        Assert.Equal([Configuration, Map], texts.Select(text => text.File));
        Assert.Empty(texts[0].Problems);
        var problem = texts[1].Problems[0];
        Assert.Equal(("error", 4, 5, "evry".Length), (problem.Severity, problem.Line, problem.Column, problem.Length));
        Assert.Contains("every", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_which_texts_run()
    {
        Write("site: plant1\n", "bus: { simulated: true }\ndevices: [{ name: boiler, points: { flow: { unit: K } } }]\n");
        Assert.All(Read(), text => Assert.False(text.IsRunning));
        var files = new RecordingFiles(Configuration);
        new ConfigurationReader(InstalledPlugins.CreateDrivers()).Read(Configuration, files);
        _running = files;
        Assert.All(Read(), text => Assert.True(text.IsRunning));

        File.AppendAllText(Map, "# edited\n");

        Assert.Equal([true, false], Read().Select(text => text.IsRunning));
    }

    [Theory]
    [InlineData("password: hunter2", "password: *******")]
    [InlineData("  uplink: { url: mqtt://ann:hunter2@b, password: \"hunter2\" }", "  uplink: { url: mqtt://ann:*******@b, password: ***********")]
    [InlineData("GATEWAY_UPLINK_PASSWORD: x y # z", "GATEWAY_UPLINK_PASSWORD: *******")]
    [InlineData("password-file: /etc/gateway/uplink.password", "password-file: /etc/gateway/uplink.password")]
    [InlineData("url: mqtt://b:1883/x", "url: mqtt://b:1883/x")]
    [InlineData("url: mqtts://u:p@ss@host:1 # a@b", "url: mqtts://u:****@host:1 # a@b")]
    [InlineData("url: [mqtt://u:pa/ss@host, mqtt://ann:\"x@b]", "url: [mqtt://u:*****@host, mqtt://ann:**@b]")]
    [InlineData("password:\n  hunter2\nqos: 1", "password:\n  *******\nqos: 1")]
    [InlineData("uplink:\n  token: |\n    hunter2\n\n    more\n  qos: 1", "uplink:\n  token: *\n    *******\n\n    ****\n  qos: 1")]
    [InlineData("- password: >-\n    hunter2\n  qos: 1\n", "- password: **\n    *******\n  qos: 1\n")]
    [InlineData("uplink: { password:\n  hunter2 }\nqos: 1", "uplink: { password:\n  *********\nqos: 1")]
    [InlineData("password: \"hun\nter2\"\nqos: 1", "password: ****\n*****\nqos: 1")]
    [InlineData("password: a b\r\nqos: 1\r\n", "password: ***\r\nqos: 1\r\n")]
    [InlineData("uplink:\n  pass: hunter2\n  pwd: hunter2\n  qos: 1", "uplink:\n  pass: *******\n  pwd: *******\n  qos: 1")]
    [InlineData("uplink: {\n  username: x, password:\n  hunter2 }\nqos: 1", "uplink: {\n  username: x, password:\n  *********\nqos: 1")]
    [InlineData("password:\n- hunter2\nqos: 1", "password:\n*********\nqos: 1")]
    [InlineData("x: &here hunter2\npassword: *here\nqos: 1", "x: &here *******\npassword: *****\nqos: 1")]
    [InlineData("bypass: { coil: 1 }\ncompass: 2\npw-file: /x", "bypass: { coil: 1 }\ncompass: 2\npw-file: /x")]
    public void Secrets_are_blanked_out_and_everything_else_stays_in_its_place(string text, string shown) => Assert.Equal(shown, SecretText.Blank(text));

    [Fact]
    public void A_key_that_is_none_is_told_and_the_password_behind_it_is_not_shown()
    {
        Write("uplink:\n  url: mqtt://127.0.0.1\n  pass: hunter2\n", "bus: { simulated: true }\ndevices: [{ name: boiler, points: { flow: { unit: K } } }]\n");

        var text = Read()[0];

        Assert.Contains(text.Problems, problem => problem.Text.Contains("pass", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", text.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Problems, problem => problem.Text.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_log_and_the_status_say_of_a_file_is_blanked_out_as_the_page_is()
    {
        Write("uplink:\n  password:hunter2\n", "bus: { simulated: true }\ndevices: [{ name: boiler, points: { flow: {} } }]\n");

        var read = new ConfigurationReader(InstalledPlugins.CreateDrivers()).Read(Configuration, new DiskFiles());

        Assert.Contains(read.Diagnostics, finding => finding.Message.Contains("password: *", StringComparison.Ordinal));
        Assert.DoesNotContain(read.Diagnostics, finding => finding.ToString().Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void A_configuration_that_is_not_there_is_a_problem_too()
    {
        var text = Assert.Single(Read());

        Assert.Equal("", text.Text);
        Assert.NotEmpty(text.Problems);
    }

    private void Write(string configuration, string map)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Map)!);
        File.WriteAllText(Configuration, configuration);
        File.WriteAllText(Map, map);
    }

    private IReadOnlyList<SourceDocument> Read() => new SourceTexts(new ConfigurationReader(InstalledPlugins.CreateDrivers()), Configuration, () => _running).Read();
}
