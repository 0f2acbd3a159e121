using System.Net;
using System.Net.Sockets;
using Gateway.Drivers.Modbus;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.Shared;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Strangers at real sockets that send what they make up: whoever else is served goes on, and a client takes no value from them.</summary>
public sealed class NetworkFuzzTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly ModbusUnit Unit = new(1);

    // Sound requests and answers with their checksums, as in the vectors of Gateway.Modbus.Tests.
    private static readonly byte[][] RtuFrames = [Rtu(1, 3, 0, 7, 0, 2), Rtu(1, 3, 4, 0, 1, 0, 2), Rtu(1, 16, 0, 1, 0, 2, 4, 0, 10, 1, 2), Rtu(0, 5, 0, 1, 0xFF, 0), Rtu(1, 43, 14, 1, 0), Rtu(1, 8, 0, 0, 1, 2), Rtu(9, 0x83, 2)];

    private readonly ModbusMemory _memory = new();
    private readonly ModbusServer _server;

    public NetworkFuzzTests()
    {
        _memory.SetRegisters(ModbusTable.InputRegisters, 0, [.. Enumerable.Range(0, 100).Select(each => (ushort)each)]);
        _memory.SetRegisters(ModbusTable.HoldingRegisters, 0, new ushort[100]);
        _server = new(new Dictionary<byte, IModbusDataStore> { [Unit.Id] = _memory });
    }

    [Fact]
    public async Task Datagrams_that_somebody_makes_up_stop_nobody_else()
    {
        await using var listener = new ModbusDatagramListener(_server, new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, NullLogger.Instance);
        await using var client = Client(ModbusFraming.Rtu, async token => await DatagramStream.ConnectAsync("127.0.0.1", listener.EndPoint.Port, token));
        using var stranger = new UdpClient(0, AddressFamily.InterNetwork);
        var random = new Random(1);
        for (var round = 0; round < 100 * Fuzz.Factor; round++)
        {
            // No more at once than a socket keeps: what the kernel drops shows nothing.
            for (var i = 0; i < 20; i++)
                await stranger.SendAsync(Datagram(random), listener.EndPoint);
            await AssertIsServedAsync(client);

            // Whatever was answered is in one piece, and for a unit that is there.
            for (var from = new IPEndPoint(IPAddress.Any, 0); stranger.Available > 0;)
            {
                var answer = stranger.Receive(ref from);
                Assert.Equal(Rtu(answer[..^2]), answer);
                Assert.Equal(Unit.Id, answer[0]);
            }
        }
    }

    [Fact]
    public async Task Of_datagrams_that_are_no_answers_nothing_is_taken()
    {
        using var device = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)device.Client.LocalEndPoint!).Port;
        var random = new Random(2);
        using var stop = new CancellationTokenSource();
        var answering = AnswerAsync();
        await using (var client = Client(ModbusFraming.Rtu, async token => await DatagramStream.ConnectAsync("127.0.0.1", port, token), TimeSpan.FromMilliseconds(500)))
        {
            var taken = 0;
            for (var round = 0; round < 40 * Fuzz.Factor; round++)
            {
                var registers = new ushort[2];
                var result = await client.ReadRegistersAsync(Unit, ModbusTable.InputRegisters, 40, registers).AsTask().WaitAsync(Patience);
                Assert.NotEqual(ModbusStatus.Exception, result.Status);
                Assert.Equal(result.IsSuccess ? [40, 41] : [0, 0], registers);
                taken += result.IsSuccess ? 1 : 0;
            }

            Assert.True(taken > 10 * Fuzz.Factor, $"{taken} answers are too few to show anything.");
        }

        await stop.CancelAsync();
        await answering;

        async Task AnswerAsync()
        {
            using var stranger = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
            byte[] bogus = Rtu(1, 4, 4, 0x40, 0, 0x40, 1);
            try
            {
                while (true)
                {
                    var request = await device.ReceiveAsync(stop.Token);
                    await stranger.SendAsync(bogus, request.RemoteEndPoint, stop.Token); // the right answer, from elsewhere
                    for (var i = random.Next(3); i > 0; i--)
                    {
                        // Of another unit, another function, another length; or anything but an answer.
                        byte[][] others = [Rtu(2, 4, 4, 0x40, 0, 0x40, 1), Rtu(1, 3, 4, 0x40, 0, 0x40, 1), Rtu(1, 4, 6, 0x40, 0, 0x40, 1, 0x40, 2), bogus[..^1], Datagram(random, least: 0, sound: false)];
                        await device.SendAsync(others[random.Next(others.Length)], request.RemoteEndPoint, stop.Token);
                    }

                    if (random.Next(8) > 0)
                        await device.SendAsync(Rtu(1, 4, 4, 0, 40, 0, 41), request.RemoteEndPoint, stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The test has ended.
            }
        }
    }

    [Theory]
    [InlineData(ModbusFraming.Tcp)]
    [InlineData(ModbusFraming.Rtu)]
    public async Task Connections_that_somebody_makes_up_stop_nobody_else(ModbusFraming framing)
    {
        await using var listener = new ModbusListener(_server, new IPEndPoint(IPAddress.Loopback, 0), framing, tls: null, TimeProvider.System, NullLogger.Instance);
        await using var client = Client(framing, async token => await SocketStream.ConnectAsync("127.0.0.1", listener.EndPoint.Port, token));
        await AssertIsServedAsync(client);
        var random = new Random(3);
        for (var round = 0; round < 50 * Fuzz.Factor; round++)
        {
            using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await stranger.ConnectAsync(listener.EndPoint);
            try
            {
                for (var i = random.Next(4); i > 0; i--)
                    await stranger.SendAsync(framing == ModbusFraming.Tcp && random.Next(2) == 0 ? [0, (byte)i, 0, 0, 0, 6, 1, 3, 0, 7, 0, 2] : Datagram(random));
            }
            catch (SocketException)
            {
                // It was told nonsense, and has closed.
            }

            // Some leave without a word: the answers that are under way are for nobody.
            if (random.Next(2) == 0)
                stranger.LingerState = new(true, 0);
            stranger.Close();
            await AssertIsServedAsync(client);
        }

        await Eventually.TrueAsync(() => _server.Connections == 1);
    }

    private static ModbusClient Client(ModbusFraming framing, Func<CancellationToken, ValueTask<Stream>> open, TimeSpan? timeout = null) =>
        new(open, new() { Framing = framing, ResponseTimeout = timeout ?? Patience });

    // What cannot be written by a stranger: he writes holding registers.
    private static async Task AssertIsServedAsync(ModbusClient client)
    {
        var registers = new ushort[3];
        var result = await client.ReadRegistersAsync(Unit, ModbusTable.InputRegisters, 40, registers).AsTask().WaitAsync(2 * Patience);
        Assert.Equal(new(ModbusStatus.Success), result);
        Assert.Equal([40, 41, 42], registers);
    }

    private static byte[] Datagram(Random random, int least = 1, bool sound = true)
    {
        var frame = RtuFrames[random.Next(RtuFrames.Length)];
        var mutated = Fuzz.Mutate(frame.AsSpan(..^2), random);
        var noise = new byte[random.Next(least, 2_000)];
        random.NextBytes(noise);
        return random.Next(5) switch
        {
            0 when sound => frame,
            1 => Fuzz.Mutate(frame, random),
            2 => [.. frame[..random.Next(frame.Length)], .. noise],
            3 => noise,
            _ => sound && mutated.Length > 0 ? Rtu(mutated) : noise,
        };
    }

    // Modbus over Serial Line 1.02 §6.2.2, bit by bit.
    private static byte[] Rtu(params byte[] content)
    {
        var crc = 0xFFFF;
        foreach (var each in content)
        {
            crc ^= each;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
        }

        return [.. content, (byte)crc, (byte)(crc >> 8)];
    }
}
