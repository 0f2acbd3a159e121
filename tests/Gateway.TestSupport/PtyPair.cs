namespace Gateway.TestSupport;

/// <summary>Two serial ports joined by a cable: socat's pair of pseudo-terminals. Needs <see cref="Peer.Socat"/>.</summary>
public sealed class PtyPair : IAsyncDisposable
{
    private readonly PeerProcess _socat;
    private readonly DirectoryInfo _folder;

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
        var socat = PeerProcess.Start(
            "socat", ["-d", "-d", $"PTY,raw,echo=0,link={folder.FullName}/a", $"PTY,raw,echo=0,link={folder.FullName}/b"]);
        var pair = new PtyPair(socat, folder);
        await Eventually.TrueAsync(() => File.Exists(pair.PathA) && File.Exists(pair.PathB), () => $"socat made no ports: {socat.Output}");
        return pair;
    }

    /// <summary>Pulls the cable: both ports vanish.</summary>
    public ValueTask UnplugAsync() => _socat.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _socat.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
