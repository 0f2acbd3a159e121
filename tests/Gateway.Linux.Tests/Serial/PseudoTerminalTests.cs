using Gateway.Linux.Serial;

namespace Gateway.Linux.Tests.Serial;

public sealed class PseudoTerminalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-link-");

    private string Link => Path.Combine(_folder.FullName, "port");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_other_side_may_come_and_go()
    {
        await using var terminal = PseudoTerminal.Open();
        for (byte i = 0; i < 3; i++)
        {
            await using var port = SerialPort.Open(new() { Path = terminal.SlavePath });
            var reading = terminal.ReadAsync(new byte[1]);
            await port.WriteAsync(new[] { i });
            Assert.Equal(1, await reading.AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        }
    }

    [Fact]
    public async Task The_link_leads_to_the_port_and_goes_with_it()
    {
        await using (var terminal = PseudoTerminal.Open(Link))
        {
            Assert.Equal(terminal.SlavePath, new FileInfo(Link).LinkTarget);
            await using var port = SerialPort.Open(new() { Path = Link });
        }

        Assert.False(File.Exists(Link));
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_stale_link_is_replaced()
    {
        File.CreateSymbolicLink(Link, "/dev/pts/99999");
        await using var terminal = PseudoTerminal.Open(Link);

        Assert.Equal(terminal.SlavePath, new FileInfo(Link).LinkTarget);
    }

    [Fact]
    public async Task A_link_that_another_has_taken_over_stays()
    {
        var first = PseudoTerminal.Open(Link);
        await using var second = PseudoTerminal.Open(Link);
        await first.DisposeAsync();

        Assert.Equal(second.SlavePath, new FileInfo(Link).LinkTarget);
    }

    [Fact]
    public async Task A_file_in_the_links_place_is_kept()
    {
        await File.WriteAllTextAsync(Link, "mine");

        Assert.Throws<IOException>(() => PseudoTerminal.Open(Link));
        Assert.Equal("mine", await File.ReadAllTextAsync(Link));
    }
}
