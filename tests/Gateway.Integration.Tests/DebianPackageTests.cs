using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// The Debian package as <c>deploy/build-deb.sh</c> makes it here: what is in it, its size, and what Debian's own checkers find. How it lives on a
/// machine is shown by <c>tests/testbed/package</c>.
/// </summary>
public sealed class DebianPackageTests : IDisposable
{
    private const long LargestPackage = 45_000_000;

    private static readonly string Deploy = Path.Combine(Repository.Root, "deploy");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("package-");

    public void Dispose() => _folder.Delete(recursive: true);

    [PeerFact(Peer.Lintian)]
    public async Task Is_whole_small_and_without_findings_and_its_program_runs()
    {
        await RunAsync("sh", ["-c", $"cd '{_folder.FullName}' && '{Deploy}/build-deb.sh'"], TimeSpan.FromMinutes(15));
        var package = Assert.Single(_folder.GetFiles("*.deb"));
        Assert.InRange(package.Length, 1, LargestPackage);

        var contents = await RunAsync("dpkg-deb", ["--contents", package.FullName]);
        foreach (var path in (string[])
            [
                "/usr/bin/gateway", "/usr/lib/gateway/gateway", "/usr/lib/systemd/system/gateway.service", "/usr/lib/systemd/system/gateway.socket", "/usr/share/doc/gateway/copyright", "/etc/gateway/gateway.yaml", "/etc/gateway/devicemaps/library/",
                "/usr/lib/sysusers.d/gateway.conf", "/usr/lib/tmpfiles.d/gateway.conf", "/usr/lib/udev/rules.d/60-gateway.rules", "/usr/share/man/man1/gateway.1.gz",
                "/usr/share/bash-completion/completions/gateway", "/usr/share/zsh/vendor-completions/_gateway", "/usr/share/fish/vendor_completions.d/gateway.fish",
                "/usr/share/gateway/devicemaps/library/eastron/sdm630.yaml", "/usr/share/gateway/devicemaps/schema/configuration.schema.json",
            ])
        {
            Assert.Contains($" .{path}", contents, StringComparison.Ordinal);
        }

        Assert.Equal("", await RunAsync("lintian", ["--allow-root", "--fail-on", "error,warning", package.FullName]));
        await RunAsync("dpkg-deb", ["--extract", package.FullName, Path.Combine(_folder.FullName, "root")]);
        Assert.Matches(@"^\d+\.\d+\.\d+", await RunAsync(Path.Combine(_folder.FullName, "root/usr/bin/gateway"), ["--version"]));
    }

    [PeerFact(Peer.Shellcheck)]
    public async Task Its_scripts_are_without_findings()
    {
        string[] scripts =
        [
            .. Directory.GetFiles(Deploy, "build-*.sh"), .. Directory.GetFiles(Path.Combine(Deploy, "package"), "*.sh"), Path.Combine(Deploy, "package/link-newer-systemd"),
            .. ((string[])["postinst", "prerm", "postrm"]).Select(script => Path.Combine(Deploy, "debian", script)),
        ];
        Assert.Equal("", await RunAsync("shellcheck", ["--external-sources", "--source-path", Repository.Root, .. scripts]));
    }

    private static async Task<string> RunAsync(string program, string[] arguments, TimeSpan? patience = null)
    {
        await using var process = PeerProcess.Start(program, arguments);
        Assert.True(await process.WaitForExitAsync(patience ?? TimeSpan.FromMinutes(3)) == 0, process.Output);
        return process.Output;
    }
}
