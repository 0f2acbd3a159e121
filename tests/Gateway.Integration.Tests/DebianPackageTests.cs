using Gateway.TestSupport;
using static Gateway.Integration.Tests.BuiltPackages;

namespace Gateway.Integration.Tests;

/// <summary>
/// The Debian package and the archive as <c>deploy/</c> makes them here: what is in them, their size, what Debian's own checkers find, and how they
/// are installed, updated, broken off and removed. How they live on a machine is shown by <c>tests/testbed/package</c>.
/// </summary>
public sealed class DebianPackageTests(BuiltPackages packages) : IClassFixture<BuiltPackages>, IDisposable
{
    private const long LargestPackage = 45_000_000;

    private static readonly string Deploy = Path.Combine(Repository.Root, "deploy");

    private static readonly string Scripts = Path.Combine(Repository.Root, "tests", "Gateway.Integration.Tests");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("package-");

    private string Unpacked => Path.Combine(_folder.FullName, "root");

    public void Dispose() => _folder.Delete(recursive: true);

    [PeerFact(Peer.Lintian)]
    public async Task Is_whole_small_and_without_findings_and_its_program_runs()
    {
        var package = await packages.DebianAsync();
        Assert.InRange(new FileInfo(package).Length, 1, LargestPackage);

        var contents = await RunAsync("dpkg-deb", ["--contents", package]);
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

        Assert.Equal("", await RunAsync("lintian", ["--allow-root", "--fail-on", "error,warning", package]));
        await RunAsync("dpkg-deb", ["--extract", package, Unpacked]);
        Assert.Matches(@"^\d+\.\d+\.\d+", await RunAsync(Path.Combine(Unpacked, "usr/bin/gateway"), ["--version"]));
    }

    [PeerFact(Peer.Lintian)]
    public async Task The_same_files_are_packed_into_the_same_bytes()
    {
        // What is compiled is compared by the next test; here a stand-in gives the same, and place, time, umask and language differ.
        var tools = _folder.CreateSubdirectory("tools").FullName;
        await WriteAsync("dotnet", """
            #!/bin/sh
            until [ "$1" = -o ]; do shift; done
            mkdir -p "$2/devicemaps/library"
            touch "$2/devicemaps/library/one.yaml" "$2/gateway.dll"
            printf '#!/bin/sh\necho "$@"\n' >"$2/gateway"
            """);
        await WriteAsync("pack", $"""
            #!/bin/sh
            set -e
            mkdir "$1"
            cp -R '{Deploy}' '{Path.Combine(Repository.Root, "Directory.Build.props")}' "$1"
            mkdir "$1/packages"
            cd "$1/packages"
            export SOURCE_DATE_EPOCH=1700000000 PATH='{tools}':"$PATH"
            ../deploy/build-deb.sh >../told
            ../deploy/build-tarball.sh >../told
            sha256sum *
            """);
        var one = await RunAsync("sh", ["-c", $"umask 022 && '{tools}/pack' '{_folder.FullName}/one'"]);
        var two = await RunAsync("sh", ["-c", $"umask 077 && LC_ALL=C TZ=Asia/Tokyo XZ_OPT=-9T0 '{tools}/pack' '{_folder.FullName}/another'"]);
        Assert.Equal(2, one.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(one, two);

        async Task WriteAsync(string name, string text)
        {
            await File.WriteAllTextAsync(Path.Combine(tools, name), text);
            await RunAsync("chmod", ["755", Path.Combine(tools, name)]);
        }
    }

    [PeerFact(Peer.Lintian)]
    public async Task The_same_source_gives_the_same_files_wherever_it_lies()
    {
        var archive = Path.Combine(await packages.ArchiveAsync(), "files");
        await RunAsync("dpkg-deb", ["--extract", await packages.DebianAsync(), Unpacked]);
        File.Delete(Path.Combine(Unpacked, "usr/share/doc/gateway/changelog.gz"));
        Directory.Delete(Path.Combine(Unpacked, "usr/share/lintian"), recursive: true);

        Assert.Equal("", await RunAsync("diff", ["--recursive", "--no-dereference", Unpacked, archive]));
        Assert.Equal(await ListAsync(Unpacked), await ListAsync(archive));

        // Path, mode, time and target; the extraction makes the folders' times.
        static async Task<IEnumerable<string>> ListAsync(string root) =>
            (await RunAsync("find", [root, "!", "-type", "d", "-printf", "%P %m %T@ %l\n"])).Split('\n').Order(StringComparer.Ordinal);
    }

    [PeerFact(Peer.Lintian)]
    public async Task Without_a_runtime_for_the_processor_it_says_so_and_the_package_without_one_runs_by_the_one_beside_it()
    {
        // Of a source that has nothing; where armhf's was restored before there is a package instead.
        var nothing = _folder.CreateSubdirectory("nothing").FullName;
        await using var other = PeerProcess.Start("sh", ["-c", $"cd '{_folder.FullName}' && RestoreSources='{nothing}' '{Deploy}/build-deb.sh' --arch armhf 2>&1"]);
        if (await other.WaitForExitAsync(TimeSpan.FromMinutes(10)) == 0)
        {
            Assert.Single(Directory.GetFiles(_folder.FullName, "*_armhf.deb"));
        }
        else
        {
            Assert.Contains("the .NET runtime for armhf cannot be restored here", other.Output, StringComparison.Ordinal);
            Assert.Contains("--framework-dependent", other.Output, StringComparison.Ordinal);
        }

        await RunAsync("sh", ["-c", $"cd '{_folder.FullName}' && '{Deploy}/build-deb.sh' --arch arm64 --framework-dependent"], TimeSpan.FromMinutes(10));
        var package = Assert.Single(Directory.GetFiles(_folder.FullName, "*_arm64.deb"));
        Assert.InRange(new FileInfo(package).Length, 1, LargestPackage / 3);
        Assert.DoesNotContain("aspnetcore", await RunAsync("dpkg-deb", ["--field", package, "Depends"]), StringComparison.Ordinal);
        Assert.Equal("", await RunAsync("lintian", ["--allow-root", "--fail-on", "error,warning", package]));
        await RunAsync("dpkg-deb", ["--extract", package, Unpacked]);
        // Its own SQLite is for the other processor; the rest runs on any.
        Assert.Matches(@"^\d+\.\d+\.\d+", await RunAsync("env", [$"DOTNET_ROOT={Path.GetDirectoryName(Environment.ProcessPath)}", Path.Combine(Unpacked, "usr/bin/gateway"), "--version"]));
    }

    [RootFact]
    public async Task The_archive_is_installed_updated_and_removed() =>
        await RunInARootAsync("install_in_a_root.sh", $"archive={await packages.ArchiveAsync()}", $"debian={Path.Combine(Deploy, "debian")}");

    [RootFact]
    public async Task Backups_are_for_root_alone_and_restored_by_the_guide_they_are_what_they_were() =>
        await RunInARootAsync("restore_in_a_root.sh", $"archive={await packages.ArchiveAsync()}", $"documents={Deploy}");

    [RootFact]
    public async Task The_package_keeps_what_the_administrator_decided_and_outlives_what_is_broken_off()
    {
        File.Copy(await packages.DebianAsync(), Path.Combine(_folder.FullName, "this.deb"));
        await RunInARootAsync("packages_in_a_root.sh", $"packages={_folder.FullName}");
    }

    // With its own mounts and its own loopback network.
    private static Task<string> RunInARootAsync(string script, params string[] folders) =>
        RunAsync("unshare", ["--mount", "--net", "sh", Path.Combine(Scripts, script), .. folders], TimeSpan.FromMinutes(10));
}
