using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway simulate</c> with one Modbus TCP bus, on a free port.</summary>
internal sealed partial class SimulatedPort : IAsyncDisposable
{
    private readonly GatewayProcess _process;

    private SimulatedPort(GatewayProcess process, int port) => (_process, Port) = (process, port);

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Serves a map.</summary>
    /// <param name="map">The path of the map.</param>
    /// <param name="options">More of the command line.</param>
    public static async Task<SimulatedPort> StartAsync(string map, params string[] options)
    {
        var process = GatewayProcess.Start(["simulate", map, "--listen", "127.0.0.1:0", .. options]);
        try
        {
            await process.WaitForOutputAsync(" is served on 127.0.0.1:");
            return new SimulatedPort(process, int.Parse(Place().Match(process.Output).Groups[1].Value, CultureInfo.InvariantCulture));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it at once: nobody answers any longer.</summary>
    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@" is served on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Place();
}
