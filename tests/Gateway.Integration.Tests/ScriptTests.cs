using Gateway.TestSupport;
using static Gateway.Integration.Tests.BuiltPackages;

namespace Gateway.Integration.Tests;

/// <summary>The scripts of the repository, wherever they are.</summary>
public sealed class ScriptTests
{
    private static readonly string[] Folders = [".ci", "deploy", "tests"];

    // What builds and packages of others leave there.
    private static readonly string[] Foreign = ["bin", "obj", "node_modules", "TestResults"];

    [PeerFact(Peer.Shellcheck)]
    public async Task Each_is_without_findings()
    {
        var scripts = Folders.SelectMany(folder => Find(new DirectoryInfo(Path.Combine(Repository.Root, folder)))).Order(StringComparer.Ordinal).ToList();
        foreach (var known in (string[])[".ci/run", "deploy/lib.sh", "deploy/debian/postinst", "tests/testbed/guest/init"])
        {
            Assert.Contains(Path.Combine(Repository.Root, known), scripts);
        }

        Assert.Equal("", await RunAsync("shellcheck", ["--external-sources", "--source-path", Repository.Root, .. scripts]));
    }

    private static IEnumerable<string> Find(DirectoryInfo folder) =>
    [
        .. folder.GetFiles().Where(IsScript).Select(file => file.FullName),
        .. folder.GetDirectories().Where(inner => !Foreign.Contains(inner.Name) && inner.LinkTarget is null).SelectMany(Find),
    ];

    // Some are only sourced, and say no shell in their first line.
    private static bool IsScript(FileInfo file)
    {
        if (file.Extension == ".sh")
        {
            return true;
        }

        using var text = file.OpenText();
        var first = new char[64];
        var line = new string(first, 0, text.ReadBlock(first)).Split('\n')[0];
        return line.StartsWith("#!", StringComparison.Ordinal) && line.EndsWith("sh", StringComparison.Ordinal);
    }
}
