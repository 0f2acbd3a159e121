using System.Globalization;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>A gateway that polls a simulated RTU line and serves it in every way.</summary>
public sealed class ServingGateway : IAsyncLifetime
{
    private readonly GatewayFolder _folder = new();
    private readonly TestCertificates _certificates = new();
    private GatewayProcess _gateway = null!;
    private GatewayProcess _plant = null!;
    private PtyPair _rtu = null!;
    private PtyPair _ascii = null!;
    private PtyPair _proxied = null!;

    /// <summary>The ports of its entries.</summary>
    public string Tcp { get; } = FreePort();

    public string Tls { get; } = FreePort();

    public string RtuOverTcp { get; } = FreePort();

    public string Proxy { get; } = FreePort();

    public string ReadOnlyProxy { get; } = FreePort();

    public string Rtu => _rtu.PathB;

    public string Ascii => _ascii.PathB;

    public string SerialProxy => _proxied.PathB;

    internal TestCertificates Certificates => _certificates;

    public async Task InitializeAsync()
    {
        if (Peer.FindExecutable("socat") is null)
        {
            return; // the tests are skipped, or fail, and say so
        }

        (_rtu, _ascii, _proxied) = (await PtyPair.CreateAsync(), await PtyPair.CreateAsync(), await PtyPair.CreateAsync());
        var line = Path.Combine(_folder.Path, "line");
        _folder.WriteMap("plant.yaml", $$"""
            bus: { modbus: rtu, port: {{line}}, timeout: 10 s }
            devices:
              - name: meter
                unit: 1
                every: 200 ms
                points:
                  voltage:  { input: 0, type: float32, unit: V, simulate: constant(230.5) }
                  energy:   { input: 10, type: uint64, simulate: constant(81985529216486895) }
                  mode:     { holding: 7, enum: { 0: "off", 3: eco, 5: comfort }, write: true, simulate: constant(3) }
                  setpoint: { holding: 8, type: int16, scale: 0.1, write: true, write-min: 5, write-max: 30, simulate: constant(21.5) }
                  limit:    { holding: 9, type: uint32, write: true, simulate: constant(70000) }
                  model:    { holding: 20, type: string, length: 4, simulate: constant(SDM630) }
                  alarms:   { holding: 30, flags: { 0: door, 2: fire }, simulate: constant(5) }
                  levels:   { holding: 40, count: 3, simulate: constant(7) }
                  running:  { coil: 4, write: true, simulate: constant(true) }
                  door:     { discrete: 2, simulate: constant(true) }
              - { name: dead, unit: 2, every: 1 s, timeout: 100 ms, retries: 0, points: { x: { holding: 0 } } }
            """);
        // The same without the device that is dead.
        var simulated = Path.Combine(_folder.Path, "simulated.yaml");
        await File.WriteAllLinesAsync(simulated, (await File.ReadAllLinesAsync(Path.Combine(_folder.MapFolder, "plant.yaml"))).Where(text => !text.Contains("name: dead", StringComparison.Ordinal)));
        _plant = GatewayProcess.Start("simulate", simulated, "--link", line);
        await _plant.WaitForOutputAsync(" is served on ");
        const string values = """
            values:
                  meter.voltage:  { input: 0 }
                  meter.energy:   { holding: 10, type: uint64 }
                  meter.mode:     { holding: 20, type: uint16, write: true }
                  meter.setpoint: { holding: 21, type: int16, scale: 0.1, write: true }
                  meter.limit:    { holding: 22, type: uint32, order: CDAB, write: true }
                  meter.model:    { holding: 30, type: string, length: 2 }
                  meter.alarms:   { holding: 40, type: uint16 }
                  meter.levels:   { input: 50, type: uint16, count: 3 }
                  meter.running:  { coil: 3, write: true }
                  meter.door:     { discrete: 4 }
                  dead.x:         { holding: 60, type: int16, not-available: 0x8000 }
            """;
        _folder.Configure($$"""
            serve:
              - modbus: tcp
                listen: 127.0.0.1:{{Tcp}}
                {{values}}
              - modbus: tls
                listen: 127.0.0.1:{{Tls}}
                tls: { ca: {{_certificates.Authority}}, certificate: {{_certificates.Certificate("server")}}, key: {{_certificates.Key("server")}} }
                {{values}}
              - modbus: rtu-over-tcp
                listen: 127.0.0.1:{{RtuOverTcp}}
                {{values}}
              - modbus: rtu
                port: {{_rtu.PathA}}
                parity: none
                {{values}}
              - modbus: ascii
                port: {{_ascii.PathA}}
                {{values}}
              - { modbus: tcp, listen: "127.0.0.1:{{Proxy}}", proxy: meter }
              - { modbus: tcp, listen: "127.0.0.1:{{ReadOnlyProxy}}", proxy: meter, read-only: true }
              - { modbus: rtu, port: {{_proxied.PathA}}, proxy: meter }
            """);
        _gateway = _folder.Run();
        await _gateway.WaitForErrorAsync("meter (unit 1) on ");
        await _gateway.WaitForErrorAsync("does not answer");
        await _gateway.WaitForErrorAsync($"Modbus clients find the bus of meter on {_proxied.PathA}");
    }

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
            await _plant.DisposeAsync();
            await _rtu.DisposeAsync();
            await _ascii.DisposeAsync();
            await _proxied.DisposeAsync();
        }

        _certificates.Dispose();
        _folder.Dispose();
    }

    /// <summary>What the gateway has logged.</summary>
    public string Log => _gateway.Error;

    private static string FreePort() => LoopbackPort.Free().ToString(CultureInfo.InvariantCulture);
}
