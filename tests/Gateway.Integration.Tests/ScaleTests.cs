using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;
using Xunit.Abstractions;

namespace Gateway.Integration.Tests;

/// <summary>
/// Whether many points are read when they are due: as many requests a second as 10,000 points at 1 s on 100 devices take, at half as many
/// values. The figure is that of <c>scale.py</c>; here the machine does other things beside, and only what has gone wild is told.
/// </summary>
public sealed class ScaleTests(ITestOutputHelper output)
{
    private const int Devices = 20;
    private const int Points = 50;
    private const int PollsPerSecond = 5;
    private const int Polls = 60;

    // Of 12 s each. The gateway tells how late the reads of the last minute were: a stall falls out of that after five.
    private const int Windows = 10;

    [Fact]
    public async Task A_thousand_points_on_twenty_devices_are_read_when_they_are_due()
    {
        await using var plant = new Plant();
        await using var gateway = new GatewayInstallation("", [.. plant.Ports.Select(MapOf)]);
        await gateway.StartAsync();
        await PolledAsync(gateway, _ => 2 * PollsPerSecond);

        // A machine that stands still for half a second is late with everything, and so is a program that was only just started: the best window counts.
        var complaints = new List<string>();
        while (await MeasureAsync(gateway) is { } complaint)
        {
            complaints.Add(complaint);
            Assert.True(complaints.Count < Windows, string.Join('\n', complaints));
        }
    }

    // What is wrong with how the points were read; null if nothing.
    private async Task<string?> MeasureAsync(GatewayInstallation gateway)
    {
        var before = await PolledAsync(gateway, _ => 1);
        var began = TimeProvider.System.GetTimestamp();
        var polls = before.Select(bus => bus.GetProperty("polls").GetInt64()).ToList();
        var after = await PolledAsync(gateway, bus => polls[bus] + Polls);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        var lateness = (await gateway.StatusAsync()).GetProperty("lateness");
        var made = after.Sum(bus => bus.GetProperty("polls").GetInt64()) - polls.Sum();
        var leftOut = Missed(after) - Missed(before);
        var seen = string.Create(CultureInfo.InvariantCulture, $"{made} reads and {leftOut} left out in {seconds:F1} s; {lateness}");
        output.WriteLine(seen);
        Assert.All(after, bus => Assert.Equal(0, bus.GetProperty("failures").GetInt64()));
        var points = after.SelectMany(bus => bus.GetProperty("devices").EnumerateArray()).SelectMany(device => device.GetProperty("points").EnumerateArray()).ToList();
        Assert.Equal(Devices * Points, points.Count);
        Assert.All(points, point => Assert.Equal("good", point.GetProperty("quality").GetString()));
        return lateness.GetProperty("p99Milliseconds").GetDouble() >= 250 ? $"reads began late: {seen}"
            : leftOut > made / 50 ? $"reads were left out: {seen}"
            : made < 0.9 * seconds * Devices * PollsPerSecond ? $"reads were too few: {seen}"
            : null;
    }

    // The buses, once each has had so many reads.
    private static async Task<IReadOnlyList<JsonElement>> PolledAsync(GatewayInstallation gateway, Func<int, long> polls)
    {
        IReadOnlyList<JsonElement> buses = [];
        await Eventually.TrueAsync(
            async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System); // a page of a thousand points costs something, too
                buses = [.. (await gateway.StatusAsync()).GetProperty("buses").EnumerateArray()];
                return buses.Count == Devices && buses.Index().All(bus => bus.Item.GetProperty("polls").GetInt64() >= polls(bus.Index));
            },
            () => $"The reads are too few: {string.Join(", ", buses.Select(bus => bus.GetProperty("polls")))}");
        return buses;
    }

    private static long Missed(IEnumerable<JsonElement> buses) => buses.Sum(bus => bus.GetProperty("missed").GetInt64());

    private static string MapOf(int port, int device) => string.Create(CultureInfo.InvariantCulture, $$"""
        bus: { modbus: tcp, host: 127.0.0.1, port: {{port}} }
        devices:
          - name: d{{device}}
            every: {{1000 / PollsPerSecond}} ms
            points: { {{string.Join(", ", Enumerable.Range(0, Points).Select(point => $"p{point}: {{ holding: {point} }}"))}} }
        """);

    /// <summary>Devices, each with a port of its own.</summary>
    private sealed class Plant : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Task> _serving = [];

        public Plant()
        {
            for (var device = 0; device < Devices; device++)
            {
                var memory = new ModbusMemory();
                memory.SetRegisters(ModbusTable.HoldingRegisters, 0, [.. Enumerable.Range(0, Points).Select(point => (ushort)point)]);
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                Ports.Add(((IPEndPoint)listener.LocalEndpoint).Port);
                _serving.Add(ServeAsync(listener, new ModbusServer(new Dictionary<byte, IModbusDataStore> { [1] = memory })));
            }
        }

        public List<int> Ports { get; } = [];

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task ServeAsync(TcpListener listener, ModbusServer server)
        {
            using (listener)
            {
                while (true)
                {
                    var client = await listener.AcceptTcpClientAsync(_stop.Token);
                    await server.ServeAsync(client.GetStream(), ModbusFraming.Tcp, _stop.Token);
                }
            }
        }
    }
}
