using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>The section <c>serve</c> of a running gateway, asked by a client that is not ours.</summary>
public sealed partial class ServeTests : IAsyncLifetime
{
    private readonly GatewayFolder _folder = new();
    private readonly int _values = LoopbackPort.Free();
    private readonly int _proxy = LoopbackPort.Free();
    private SimulatedPort _plant = null!;
    private GatewayProcess _gateway = null!;

    public async Task InitializeAsync()
    {
        const string devices = """
            devices:
              - name: meter
                unit: 1
                every: 200 ms
                points:
                  voltage: { input: 0, type: float32, unit: V, simulate: constant(230.5) }
                  power:   { input: 2, type: int32, unit: W, simulate: constant(-1234) }
                  mode:    { holding: 7, write: true, simulate: constant(3) }
                  running: { coil: 4, simulate: constant(true) }
                  gone:    { discrete: 1 }
            """;
        var simulated = Path.Combine(_folder.Path, "simulated.yaml");
        await File.WriteAllTextAsync(simulated, $"bus: {{ modbus: tcp, host: 127.0.0.1 }}\n{devices.Replace("gone:    { discrete: 1 }", "", StringComparison.Ordinal)}");
        _plant = await SimulatedPort.StartAsync(simulated);
        _folder.WriteMap("plant.yaml", $"bus: {{ modbus: tcp, host: 127.0.0.1, port: {_plant.Port}, timeout: 5 s }}\n{devices}");
        _folder.Configure($$"""
            serve:
              - modbus: tcp
                listen: 127.0.0.1:{{_values}}
                values:
                  meter.voltage: { input: 100, unit: 9 }
                  meter.power:   { holding: 10, type: int16, scale: 10, unit: 9 }
                  meter.running: { coil: 5, unit: 9 }
                  meter.gone:    { holding: 20, type: int16, not-available: 0x8000, unit: 9 }
                  meter.mode:    { holding: 21, type: uint64, order: CDAB, unit: 9 }
              - { modbus: tcp, listen: "127.0.0.1:{{_proxy}}", proxy: meter }
            """);
        _gateway = _folder.Run();
        await _gateway.WaitForErrorAsync(" answers\n");
        await _gateway.WaitForErrorAsync($"Modbus clients find the bus of meter on 127.0.0.1:{_proxy}");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _plant.DisposeAsync();
        _folder.Dispose();
    }

    [PeerFact(Peer.Mbpoll)]
    public async Task Clients_read_the_newest_values_in_the_form_that_is_asked_for()
    {
        // 230.5 is 0x43668000 in IEEE 754; -1234 in steps of 10 is -123.
        Assert.Equal("17254 32768", await PollAsync(_values, 9, "3", 100, 2));
        Assert.Equal("65413", await PollAsync(_values, 9, "4", 10, 1));
        Assert.Equal("1", await PollAsync(_values, 9, "0", 5, 1));
        Assert.Equal("32768 3 0 0 0", await PollAsync(_values, 9, "4", 20, 5));
        Assert.Equal("32768", await PollAsync(_values, 9, "3", 101, 1));
        Assert.Contains("Illegal data address", await PollAsync(_values, 9, "4", 11, 1), StringComparison.Ordinal);
        Assert.Contains("Illegal data address", await PollAsync(_values, 9, "4", 10, 1, "5"), StringComparison.Ordinal);
    }

    [PeerFact(Peer.Mbpoll)]
    public async Task Clients_reach_the_bus_through_it_while_it_is_polled()
    {
        Assert.Equal("3", await PollAsync(_proxy, 1, "4", 7, 1));
        Assert.Contains("Written 1 references", await PollAsync(_proxy, 1, "4", 7, 1, "77"), StringComparison.Ordinal);
        Assert.Equal("77", await PollAsync(_proxy, 1, "4", 7, 1));
        await Eventually.TrueAsync(async () => (await GatewayProcess.RunAsync("read", "meter.mode", "--config", _folder.ConfigurationPath)).Output.Contains(" 77 ", StringComparison.Ordinal));
        Assert.Contains("Illegal data address", await PollAsync(_proxy, 1, "4", 900, 1), StringComparison.Ordinal);
    }

    [PeerFact(Peer.Mbpoll)]
    public async Task A_value_that_is_not_good_refuses_the_request()
    {
        await _plant.KillAsync();
        await _gateway.WaitForErrorAsync("does not answer");
        Assert.Contains("Target device failed to respond", await PollAsync(_values, 9, "3", 100, 2), StringComparison.Ordinal);
        Assert.Contains("Gateway path unavailable", await PollAsync(_proxy, 1, "4", 7, 1), StringComparison.Ordinal);
    }

    /// <summary>The values that mbpoll reads, or all that it says if it reads none.</summary>
    private static async Task<string> PollAsync(int port, int unit, string table, int address, int count, params string[] values)
    {
        await using var mbpoll = PeerProcess.Start(
            "mbpoll", ["-m", "tcp", "-p", Text(port), "-a", Text(unit), "-0", "-t", table, "-r", Text(address), .. values.Length > 0 ? Array.Empty<string>() : ["-c", Text(count)], "-1", "-o", "10", "127.0.0.1", .. values]);
        await mbpoll.WaitForExitAsync();
        var read = Value().Matches(mbpoll.Output).Select(match => match.Groups[1].Value).ToList();
        return read.Count > 0 ? string.Join(' ', read) : mbpoll.Output;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\[\d+\]:\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Value();
}
