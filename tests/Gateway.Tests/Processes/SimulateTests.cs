using System.Globalization;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary><c>gateway simulate</c> with its options, asked by a client that is not ours.</summary>
public sealed class SimulateTests : IDisposable
{
    private readonly GatewayFolder _folder = new();

    public SimulateTests() => _folder.WriteMap("plant.yaml", """
        bus: { modbus: tcp, host: 127.0.0.1 }
        devices:
          - name: meter
            unit: 1
            points: { power: { holding: 0, type: uint16, scale: 10, simulate: constant(50) } }
          - name: pump
            unit: 2
            points: { speed: { holding: 0, type: uint16, simulate: constant(7) } }
        """);

    public void Dispose() => _folder.Dispose();

    [PeerFact(Peer.Mbpoll)]
    public async Task A_recording_goes_before_the_map()
    {
        var csv = Path.Combine(_folder.Path, "recorded.csv");
        await File.WriteAllTextAsync(csv, "time,meter.power\n0,1230\n");
        await using var plant = await SimulatedPort.StartAsync(_folder.MapFolder, "--csv", csv);

        Assert.Contains("[0]: \t123\n", await PollAsync(plant, 1), StringComparison.Ordinal);
        Assert.Contains("[0]: \t7\n", await PollAsync(plant, 2), StringComparison.Ordinal);
    }

    [PeerFact(Peer.Mbpoll)]
    public async Task One_device_refuses_and_the_other_does_not()
    {
        await using var plant = await SimulatedPort.StartAsync(_folder.MapFolder, "--exception", "pump=6", "--delay", "1ms");

        Assert.Contains("[0]: \t5\n", await PollAsync(plant, 1), StringComparison.Ordinal);
        Assert.Contains("Slave device or server is busy", await PollAsync(plant, 2), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--delay", "pmp=1ms", 2, "there is no device 'pmp' in the maps; did you mean 'pump'?")]
    [InlineData("--delay", "soon", 2, "'soon' is no time: write a number with ms or s, such as 50ms")]
    [InlineData("--fault-rate", "7", 2, "'7' is no share: write a number from 0 to 1, such as 0.05")]
    [InlineData("--exception", "busy", 2, "'busy' is no exception code: write 1 to 255, such as 6 for busy")]
    [InlineData("--noise", "3", 2, "--noise is a share from 0 to 1, such as 0.01")]
    public async Task What_is_asked_wrongly_is_said(string option, string value, int expectedCode, string expected)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync("simulate", _folder.MapFolder, option, value);
        Assert.Equal((expectedCode, $"gateway: {expected}\n"), (exitCode, error));
    }

    private static async Task<string> PollAsync(SimulatedPort plant, int unit)
    {
        await using var mbpoll = PeerProcess.Start(
            "mbpoll",
            ["-m", "tcp", "-p", plant.Port.ToString(CultureInfo.InvariantCulture), "-a", unit.ToString(CultureInfo.InvariantCulture), "-0", "-r", "0", "-1", "-o", "10", "127.0.0.1"]);
        await mbpoll.WaitForExitAsync();
        return mbpoll.Output;
    }
}
