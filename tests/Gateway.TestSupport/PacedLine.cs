using System.Globalization;
using System.Text.Json;

namespace Gateway.TestSupport;

/// <summary>
/// A serial line with Modbus RTU devices on it, whose bytes take the time that they take on a wire: <c>paced_line.c</c>, which
/// says what the devices do. Needs <see cref="Peer.Compiler"/>.
/// </summary>
public sealed class PacedLine : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly PeerProcess _process;

    private PacedLine(DirectoryInfo folder, PeerProcess process)
    {
        _folder = folder;
        _process = process;
    }

    /// <summary>The port.</summary>
    public string Path => PathIn(_folder);

    /// <summary>Starts a line; the arguments are those of the program behind the rate.</summary>
    public static async Task<PacedLine> StartAsync(int baudRate, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-line-");
        var program = System.IO.Path.Combine(folder.FullName, "paced_line");
        await using (var compiler = PeerProcess.Start("cc", ["-O2", "-o", program, System.IO.Path.Combine(AppContext.BaseDirectory, "paced_line.c"), "-lutil"]))
        {
            await compiler.WaitForExitAsync();
        }

        var line = new PacedLine(folder, PeerProcess.Start(program, [PathIn(folder), baudRate.ToString(CultureInfo.InvariantCulture), .. arguments]));
        await line._process.WaitForLineAsync("ready");
        return line;
    }

    /// <summary>What it has measured, once it has.</summary>
    public async Task<JsonElement> MeasureAsync() => JsonSerializer.Deserialize<JsonElement>(await _process.WaitForLineAsync("{"));

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string PathIn(DirectoryInfo folder) => System.IO.Path.Combine(folder.FullName, "port");
}
