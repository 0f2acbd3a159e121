using System.Text.Json;

namespace Gateway.TestSupport;

/// <summary>An InfluxDB 1.x on a free loopback port, with one database. Needs <see cref="Peer.InfluxDb"/>.</summary>
public sealed class InfluxServer : IAsyncDisposable
{
    private const string Database = "gateway";

    private readonly DirectoryInfo _folder;
    private readonly PeerProcess _process;
    private readonly HttpClient _http;

    private InfluxServer(DirectoryInfo folder, PeerProcess process, int port) =>
        (_folder, _process, _http) = (folder, process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });

    public static async Task<InfluxServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("influx-");
        var port = LoopbackPort.Free();
        var path = Path.Combine(folder.FullName, "influxdb.conf");
        await File.WriteAllTextAsync(path, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{LoopbackPort.Free()}"
            [meta]
              dir = "{folder.FullName}/meta"
            [data]
              dir = "{folder.FullName}/data"
              wal-dir = "{folder.FullName}/wal"
            [http]
              bind-address = "127.0.0.1:{port}"
              log-enabled = false
            """);
        var server = new InfluxServer(folder, PeerProcess.Start("influxd", ["run", "-config", path]), port);
        try
        {
            await server._process.WaitForLineContainingAsync("Listening on HTTP");
            using var created = await server._http.PostAsync($"/query?q={Uri.EscapeDataString($"CREATE DATABASE {Database}")}", null);
            created.EnsureSuccessStatusCode();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes lines; what the server says against them, null if it took all.</summary>
    public async Task<string?> WriteAsync(ReadOnlyMemory<byte> lines)
    {
        using var content = new ReadOnlyMemoryContent(lines);
        using var answer = await _http.PostAsync($"/write?db={Database}", content);
        return answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync();
    }

    /// <summary>What a query finds, column → value for each row, with times in nanoseconds.</summary>
    public async Task<IReadOnlyList<Dictionary<string, JsonElement>>> QueryAsync(string query)
    {
        var text = await _http.GetStringAsync(new Uri($"/query?db={Database}&epoch=ns&q={Uri.EscapeDataString(query)}", UriKind.Relative));
        var result = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("results")[0];
        return !result.TryGetProperty("series", out var series)
            ? []
            : [.. series.EnumerateArray().SelectMany(one => one.GetProperty("values").EnumerateArray()
                .Select(row => one.GetProperty("columns").EnumerateArray().Zip(row.EnumerateArray()).ToDictionary(pair => pair.First.GetString()!, pair => pair.Second)))];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
