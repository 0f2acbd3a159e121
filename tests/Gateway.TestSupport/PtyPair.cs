namespace Gateway.TestSupport;

/// <summary>Two serial ports joined by a cable: socat's pair of pseudo-terminals. Needs <see cref="Peer.Socat"/>.</summary>
public sealed class PtyPair : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private PeerProcess _socat;

    private PtyPair(PeerProcess socat, DirectoryInfo folder)
    {
        _socat = socat;
        _folder = folder;
    }

    public string PathA => Path.Combine(_folder.FullName, "a");

    public string PathB => Path.Combine(_folder.FullName, "b");

    public static async Task<PtyPair> CreateAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-pty-");
        var pair = new PtyPair(Start(folder), folder);
        await pair.WaitForPortsAsync();
        return pair;
    }

    /// <summary>Pulls the cable: both ports vanish.</summary>
    public async ValueTask UnplugAsync()
    {
        await _socat.DisposeAsync();

        // It was killed, and left links to ports that may be those of others soon.
        File.Delete(PathA);
        File.Delete(PathB);
    }

    /// <summary>Puts a cable that was pulled back to where it was.</summary>
    public Task PlugInAsync()
    {
        _socat = Start(_folder);
        return WaitForPortsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _socat.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static PeerProcess Start(DirectoryInfo folder) =>
        PeerProcess.Start("socat", ["-d", "-d", $"PTY,raw,echo=0,link={folder.FullName}/a", $"PTY,raw,echo=0,link={folder.FullName}/b"]);

    private Task WaitForPortsAsync() =>
        Eventually.TrueAsync(() => File.Exists(PathA) && File.Exists(PathB), () => $"socat made no ports: {_socat.Output}");
}
