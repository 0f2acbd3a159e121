using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// <c>gateway broker --data</c> is killed with SIGKILL while clients of others publish and subscribe. The judge is
/// <c>broker_kills.py</c>, with paho-mqtt 1.6. <c>GATEWAY_KILL_ROUNDS</c> makes it longer.
/// </summary>
public sealed class BrokerKillTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 5;

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-kills-").FullName;
    private readonly int _port = LoopbackPort.Free();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PeerTheory(Peer.Paho)]
    [InlineData("v311", 1)]
    [InlineData("v5", 2)]
    public async Task What_the_broker_acknowledged_outlives_it_and_qos_2_comes_once(string version, int seed)
    {
        var (exitCode, said) = await JudgeAsync(version, Rounds, seed, "--data", _folder);
        Assert.True(exitCode == 0, said);
    }

    [PeerFact(Peer.Paho)]
    public async Task The_judge_sees_what_a_broker_without_a_store_loses()
    {
        var (exitCode, said) = await JudgeAsync("v311", 1, 3);
        Assert.Equal(1, exitCode);
        Assert.Contains("acknowledged messages are lost", said);
    }

    [PeerTheory(Peer.MosquittoClients)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Mosquittos_clients_find_session_queue_and_retained_message_after_a_kill(int qos)
    {
        string[] connection = ["-h", "127.0.0.1", "-p", $"{_port}", "-q", $"{qos}"];
        string[] subscriber = [.. connection, "-c", "-i", "away", "-t", "a/#"];
        string[] messages = [.. Enumerable.Range(1, 200).Select(number => $"message {number}")];
        await using (var broker = await StartAsync())
        {
            await RunAsync("mosquitto_sub", [.. subscriber, "-E"]);
            await RunAsync("mosquitto_pub", [.. connection, "-t", "a/b", "-l"], string.Join('\n', messages) + "\n");
            await RunAsync("mosquitto_pub", [.. connection, "-t", "kept", "-r", "-m", "°C"]);
            await broker.KillAsync();
        }

        await using (var broker = await StartAsync())
        {
            Assert.Equal("kept °C\n", await RunAsync("mosquitto_sub", [.. connection, "-t", "kept", "-v", "-C", "1", "-W", "30"]));
            Assert.Equal(string.Join('\n', messages) + "\n", await RunAsync("mosquitto_sub", [.. subscriber, "-C", "200", "-W", "30"]));
            Assert.Equal(0, await broker.StopAsync());
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input = "")
    {
        await using var process = PeerProcess.Start(program, arguments, input);
        Assert.True(await process.WaitForExitAsync() == 0, process.Output);
        return process.Output;
    }

    private async Task<GatewayProcess> StartAsync()
    {
        var broker = GatewayProcess.Start("broker", "--listen", $"mqtt://127.0.0.1:{_port}", "--data", _folder);
        await broker.WaitForErrorAsync("MQTT listens on");
        return broker;
    }

    private async Task<(int ExitCode, string Said)> JudgeAsync(string version, int rounds, int seed, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "gateway.dll");
        await using var judge = PeerProcess.Start(
            Peer.Python,
            [
                Path.Combine(AppContext.BaseDirectory, "broker_kills.py"), $"{_port}", version, $"{rounds}", $"{seed}",
                "dotnet", "exec", program, "broker", "--listen", $"mqtt://127.0.0.1:{_port}", .. arguments,
            ]);
        var exitCode = await judge.WaitForExitAsync(TimeSpan.FromMinutes(4 + rounds));
        output.WriteLine(judge.Output);
        return (exitCode, judge.Output);
    }
}
