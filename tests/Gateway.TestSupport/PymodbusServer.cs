using System.Globalization;
using System.Text.Json;

namespace Gateway.TestSupport;

/// <summary>The tables of a unit that pymodbus serves: first address and the values from there on.</summary>
public sealed record PymodbusUnit
{
    public Dictionary<int, bool[]> Coils { get; init; } = [];

    public Dictionary<int, bool[]> Discrete { get; init; } = [];

    public Dictionary<int, ushort[]> Holding { get; init; } = [];

    public Dictionary<int, ushort[]> Input { get; init; } = [];
}

/// <summary>A Modbus server that is not ours: pymodbus, over TCP or RTU. Needs <see cref="Peer.Pymodbus"/>.</summary>
public sealed class PymodbusServer : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly PeerProcess _process;

    private PymodbusServer(PeerProcess process, int port)
    {
        _process = process;
        Port = port;
    }

    /// <summary>The TCP port on 127.0.0.1; 0 for a serial one.</summary>
    public int Port { get; }

    /// <summary>Serves on 127.0.0.1; port 0 takes a free one.</summary>
    public static Task<PymodbusServer> StartTcpAsync(IReadOnlyDictionary<int, PymodbusUnit> units, int port = 0) =>
        StartAsync(new { port, units });

    /// <summary>Serves RTU, or ASCII, on a serial port; units that are not there stay silent.</summary>
    public static Task<PymodbusServer> StartRtuAsync(
        IReadOnlyDictionary<int, PymodbusUnit> units, string serialPath, int baud = 19200, string parity = "N", bool ascii = false) =>
        StartAsync(new { serial = serialPath, baud, parity, ascii, units });

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<PymodbusServer> StartAsync(object settings)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "pymodbus_server.py");
        var process = PeerProcess.Start(Peer.Python, [script], JsonSerializer.Serialize(settings, Json));
        try
        {
            var ready = await process.WaitForLineAsync("ready ");
            return new(process, int.TryParse(ready["ready ".Length..], CultureInfo.InvariantCulture, out var port) ? port : 0);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }
}
