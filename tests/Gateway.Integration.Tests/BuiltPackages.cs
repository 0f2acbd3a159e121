using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>The packages as <c>deploy/</c> makes them, each made when it is first asked for, by one test at a time: the archive from a copy of the sources, elsewhere.</summary>
public sealed class BuiltPackages : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("package-");
    private Task<string>? _debian;
    private Task<string>? _archive;

    /// <summary>The path of the Debian package.</summary>
    public Task<string> DebianAsync() => _debian ??= BuildDebianAsync();

    /// <summary>The folder that the archive was unpacked to.</summary>
    public Task<string> ArchiveAsync() => _archive ??= BuildArchiveAsync();

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Runs a program to its end, which is to be a good one; returns what it says.</summary>
    internal static async Task<string> RunAsync(string program, string[] arguments, TimeSpan? patience = null)
    {
        await using var process = PeerProcess.Start(program, arguments);
        Assert.True(await process.WaitForExitAsync(patience ?? TimeSpan.FromMinutes(3)) == 0, process.Output);
        return process.Output;
    }

    private async Task<string> BuildDebianAsync()
    {
        var folder = _folder.CreateSubdirectory("debian").FullName;
        await BuildAsync(folder, Repository.Root, "build-deb.sh");
        return Assert.Single(Directory.GetFiles(folder, "*.deb"));
    }

    private async Task<string> BuildArchiveAsync()
    {
        var copy = _folder.CreateSubdirectory("copy").FullName;
        await RunAsync("sh", ["-c", $"tar -C '{Repository.Root}' --exclude=bin --exclude=obj --exclude=node_modules -cf - . | tar -C '{copy}' --no-same-owner -xf -"]);
        var folder = _folder.CreateSubdirectory("archive").FullName;
        await BuildAsync(folder, copy, "build-tarball.sh");
        await RunAsync("tar", ["-C", folder, "-xJf", Assert.Single(Directory.GetFiles(folder, "*.tar.xz"))]);
        return Assert.Single(Directory.GetDirectories(folder));
    }

    private static async Task BuildAsync(string folder, string root, string script)
    {
        var said = await RunAsync("sh", ["-c", $"cd '{folder}' && '{root}/deploy/{script}' 2>&1"], TimeSpan.FromMinutes(10));
        Assert.DoesNotContain("has no charts", said, StringComparison.Ordinal);
    }
}
