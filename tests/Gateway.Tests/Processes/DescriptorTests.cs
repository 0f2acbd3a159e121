using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>The broker when the system gives it no more file descriptors.</summary>
public sealed partial class DescriptorTests
{
    // CONNECT of 3.1.1, clean session, without a Client Identifier.
    private static readonly byte[] Connect = [0x10, 12, 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, 0];

    [Fact]
    public async Task Connections_wait_for_descriptors_and_those_there_are_go_on()
    {
        await using var broker = GatewayProcess.Start("broker", "--listen", "mqtt://127.0.0.1:0");
        await broker.WaitForErrorAsync("MQTT listens on");
        var port = int.Parse(Port().Match(broker.Error).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var open = Directory.GetFiles($"/proc/{broker.Id}/fd").Length;
        using (var limit = Process.Start("prlimit", ["--pid", $"{broker.Id}", $"--nofile={open + 20}:{open + 20}"]))
        {
            await limit.WaitForExitAsync();
            Assert.Equal(0, limit.ExitCode);
        }

        var sockets = new List<Socket>();
        for (var i = 0; i < 60; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(Connect);
        }

        await broker.WaitForErrorAsync("No connection can be accepted");
        Assert.Equal(4, await ReceiveAsync(sockets[0], 4));
        await sockets[0].SendAsync(new byte[] { 0xC0, 0x00 });
        Assert.Equal(2, await ReceiveAsync(sockets[0], 2));

        // Whoever leaves makes room for one that waits.
        for (var i = 0; i < sockets.Count; i++)
        {
            Assert.True(i == 0 || await ReceiveAsync(sockets[i], 4) == 4);
            sockets[i].Dispose();
        }

        Assert.Single(NoConnection().Matches(broker.Error));
    }

    private static async Task<int> ReceiveAsync(Socket socket, int most)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await socket.ReceiveAsync(new byte[most], deadline.Token);
    }

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)\)")]
    private static partial Regex Port();

    [GeneratedRegex("No connection can be accepted")]
    private static partial Regex NoConnection();
}
