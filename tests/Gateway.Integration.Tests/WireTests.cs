using System.Globalization;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>How busy a serial line is kept. The figure is that of <c>wire.py</c>; here the machine does other things beside.</summary>
public sealed class WireTests(ITestOutputHelper output)
{
    [PeerFact(Peer.Compiler)]
    public async Task A_line_of_32_devices_is_kept_busy_and_no_silence_is_cut_short()
    {
        await using var line = await PacedLine.StartAsync(9600, "--warm-up", "5", "--seconds", "8");

        // 8 + 45 characters of 11 bits, twice 3.5 characters and 10 ms for the device are 78.8 ms a request, 2.52 s for all.
        var devices = Enumerable.Range(1, 32).Select(unit =>
            $"  - {{ name: d{unit}, unit: {unit}, every: 2.53 s, points: {{ first: {{ holding: 0 }}, last: {{ holding: 19 }} }}, max-gap: 20 }}");
        await using var gateway = new GatewayInstallation("", $"bus: {{ modbus: rtu, port: {line.Path}, baud: 9600 }}\ndevices:\n{string.Join('\n', devices)}");
        await gateway.StartAsync();

        var measured = await line.MeasureAsync();

        output.WriteLine(measured.ToString());
        var busy = measured.GetProperty("ideal").GetDouble();
        Assert.True(busy > 0.7, string.Create(CultureInfo.InvariantCulture, $"the line was busy for {busy:P1} of the time"));
        Assert.Equal(0, measured.GetProperty("early").GetInt32());
    }
}
