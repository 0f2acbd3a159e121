using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>What bad devices cost those that share their line.</summary>
public sealed class NeighbourTests(ITestOutputHelper output)
{
    private const int Healthy = 7;

    /// <summary>
    /// Two lines of seven devices each at 19200 baud, at the same time, so that a slow machine slows both; on one there are three more:
    /// one that never answers, one that answers with noise, and one that takes 200 ms to answer.
    /// </summary>
    [PeerFact(Peer.Compiler, Peer.MosquittoClients)]
    public async Task A_dead_a_babbling_and_a_slow_device_cost_their_neighbours_less_than_a_twentieth_of_their_polls()
    {
        await using var spoiltLine = await PacedLine.StartAsync(19200, "--dead", "8", "--babbling", "9", "--slow", "10");
        await using var goodLine = await PacedLine.StartAsync(19200);
        await using var gateway = new GatewayInstallation(
            "",
            MapOf(spoiltLine.Path, "spoilt", """
                  - { name: dead, unit: 8, timeout: 300 ms, every: 1 s, points: { x: { holding: 0 } } }
                  - { name: babbling, unit: 9, timeout: 300 ms, every: 1 s, points: { x: { holding: 0 } } }
                  - { name: slow, unit: 10, every: 2 s, points: { x: { holding: 0 } } }
                """),
            MapOf(goodLine.Path, "good", ""));
        await gateway.StartAsync();
        await using var subscriber = await gateway.SubscribeAsync("plant1/+/+", 1);
        await subscriber.FirstAsync("plant1/dead/$status", gateway, status => status.Payload == "offline");
        await subscriber.FirstAsync("plant1/babbling/$status", gateway, status => status.Payload == "offline");

        var began = (await subscriber.FirstAsync("plant1/good-1/x", gateway)).Time;
        var from = began.AddSeconds(5);
        var to = began.AddSeconds(25);
        await subscriber.FirstAsync("plant1/good-1/x", gateway, reading => reading.Time > to);
        await subscriber.FirstAsync("plant1/spoilt-1/x", gateway, reading => reading.Time > to);

        var polls = Published.ReadingsFrom(subscriber).Where(r => r.Time >= from && r.Time < to).ToList();
        var good = polls.Count(r => r.Topic.StartsWith("plant1/good-", StringComparison.Ordinal));
        var spoilt = polls.Count(r => r.Topic.StartsWith("plant1/spoilt-", StringComparison.Ordinal));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{spoilt} polls beside bad devices, {good} without: {(double)spoilt / good:P1}"));
        Assert.True(good > 140, $"only {good} polls were made on the good line");
        Assert.True(spoilt >= 0.95 * good, $"{spoilt} polls beside bad devices, {good} without");
        Assert.DoesNotContain(polls, reading => reading.Topic.Contains('-', StringComparison.Ordinal) && reading.Text("quality") != "good");
        Assert.Contains(polls, reading => reading.Topic == "plant1/slow/x" && reading.Text("quality") == "good");
    }

    /// <summary>
    /// The same two lines; at one of them other masters ask by a proxy as fast as they are answered: for a device that is polled, for the
    /// slow one, and for one that never answers.
    /// </summary>
    [PeerFact(Peer.Compiler, Peer.Pymodbus, Peer.MosquittoClients)]
    public async Task Greedy_clients_of_a_proxy_cost_less_than_a_twentieth_of_the_polls()
    {
        await using var proxiedLine = await PacedLine.StartAsync(19200, "--dead", "8", "--slow", "10");
        await using var goodLine = await PacedLine.StartAsync(19200);
        var proxy = LoopbackPort.Free();
        await using var gateway = new GatewayInstallation(
            $$"""serve: [{ modbus: tcp, listen: "127.0.0.1:{{proxy}}", proxy: proxied-1 }]""", MapOf(proxiedLine.Path, "proxied", "", "300 ms"), MapOf(goodLine.Path, "good", "", "300 ms"));
        await gateway.StartAsync();
        await using var subscriber = await gateway.SubscribeAsync("plant1/+/+", 1);
        var began = (await subscriber.FirstAsync("plant1/good-1/x", gateway)).Time;
        await subscriber.FirstAsync("plant1/proxied-1/x", gateway);
        await using var clients = PeerProcess.Start(Peer.Python, ["-c", GreedyClients, proxy.ToString(CultureInfo.InvariantCulture)]);
        await clients.WaitForLineAsync("asking");

        var from = began.AddSeconds(5);
        var to = began.AddSeconds(25);
        await subscriber.FirstAsync("plant1/good-1/x", gateway, reading => reading.Time > to);
        await subscriber.FirstAsync("plant1/proxied-1/x", gateway, reading => reading.Time > to);

        var answered = await clients.WaitForLineAsync("answered");
        var polls = Published.ReadingsFrom(subscriber).Where(r => r.Time >= from && r.Time < to).ToList();
        var good = polls.Count(r => r.Topic.StartsWith("plant1/good-", StringComparison.Ordinal));
        var proxied = polls.Count(r => r.Topic.StartsWith("plant1/proxied-", StringComparison.Ordinal));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{proxied} polls beside greedy clients, {good} without: {(double)proxied / good:P1}; {answered}"));
        Assert.True(good > 140, $"only {good} polls were made on the good line");
        Assert.True(proxied >= 0.95 * good, $"{proxied} polls beside greedy clients, {good} without");
        Assert.DoesNotContain(polls, reading => reading.Text("quality") != "good");
        Assert.Matches("^answered 1: [1-9][0-9]*, 10: [1-9][0-9]*, 8: 0$", answered);
    }

    private const string GreedyClients = """
        import sys, threading, time
        from pymodbus.client import ModbusTcpClient
        end = time.monotonic() + 25
        answered = {1: 0, 10: 0, 8: 0}
        def ask(unit):
            client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=20, retries=0)
            while time.monotonic() < end:
                try:
                    client.connect()
                    answered[unit] += not client.read_holding_registers(0, 2, slave=unit).isError()
                except Exception:
                    pass
        threads = [threading.Thread(target=ask, args=(unit,)) for unit in answered for _ in range(2)]
        for thread in threads:
            thread.start()
        print("asking", flush=True)
        for thread in threads:
            thread.join()
        print("answered " + ", ".join(f"{unit}: {count}" for unit, count in answered.items()), flush=True)
        """;

    private static string MapOf(string port, string prefix, string more, string timeout = "5 s") => $$"""
        bus: { modbus: rtu, port: {{port}}, baud: 19200, timeout: {{timeout}} }
        devices:
        {{string.Join('\n', Enumerable.Range(1, Healthy).Select(unit => $"  - {{ name: {prefix}-{unit}, unit: {unit}, every: 500 ms, points: {{ x: {{ holding: 0 }} }} }}"))}}
        {{more}}
        """;
}
