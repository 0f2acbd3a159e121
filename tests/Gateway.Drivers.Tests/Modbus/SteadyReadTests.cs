using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Microsoft.Extensions.Logging.Abstractions;
using static Gateway.Drivers.Tests.Definitions;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Runs alone: what other tests allocate would count.</summary>
[CollectionDefinition(nameof(SteadyReadTests), DisableParallelization = true)]
[Collection(nameof(SteadyReadTests))]
public class SteadyReadTests
{
    private const int Reads = 1000;

    // What the reads allocate they allocate in each round; what else goes on in the process, now and then.
    private const int Rounds = 5;

    [Fact]
    public async Task Reading_over_and_over_allocates_nothing()
    {
        var one = await MeasureAsync(1);
        var hundred = await MeasureAsync(100);

        // An object for each of the 99 points more would be 24 B or more each; what the runtime does beside stays below 1 B each.
        Assert.True(hundred - one < 99, $"{one} B a read of one point, {hundred} B a read of a hundred");
#if !DEBUG
        // Without optimisation the compiler makes the state of an async method an object.
        Assert.True(hundred < 16, $"{hundred} B a read");
#endif
    }

    private static async Task<long> MeasureAsync(int count)
    {
        var schema = ModbusSchema.Schema;
        var points = Enumerable.Range(8, count).Select(i => Point(schema, $"p{i}", ("holding", i)))
            .Append(Point(schema, "text", ("holding", 0), ("type", "string"), ("length", 8)))
            .ToArray();
        var device = Device(schema, [], points);
        using var zeros = new ZerosServer();
        await using var bus = new ModbusDriver().Open(
            Bus(schema, [("modbus", "tcp"), ("host", "127.0.0.1"), ("port", zeros.Port), ("timeout", TimeSpan.FromSeconds(20))], device),
            new DriverContext(TimeProvider.System, NullLogger.Instance));
        var reader = bus.CreateReader(device, points);
        var sink = new CountingSink();
        await ReadAsync();
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await ReadAsync();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Reads);
        }

        Assert.Equal((Rounds + 1) * Reads * points.Length, sink.Good);
        return least;

        async Task ReadAsync()
        {
            for (var i = 0; i < Reads; i++)
            {
                await reader.ReadAsync(sink, CancellationToken.None);
            }
        }
    }

    private sealed class CountingSink : IReadingSink
    {
        public int Good { get; private set; }

        public void Report(in Reading reading) => Good += reading.Quality == Quality.Good ? 1 : 0;
    }

    /// <summary>Answers function 3 with zeros, on a thread of its own and without garbage.</summary>
    private sealed class ZerosServer : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Thread _thread;

        public ZerosServer()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            _thread = new Thread(Serve);
            _thread.Start();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            _thread.Join();
            _listener.Dispose();
        }

        private void Serve()
        {
            var request = new byte[12];
            var answer = new byte[260];
            using var socket = _listener.Accept();
            socket.NoDelay = true;
            try
            {
                while (socket.Receive(request) == request.Length)
                {
                    var bytes = 2 * BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(10));
                    request.AsSpan(0, 8).CopyTo(answer);
                    BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(4), (ushort)(bytes + 3));
                    answer[8] = (byte)bytes;
                    socket.Send(answer.AsSpan(0, bytes + 9));
                }
            }
            catch (SocketException)
            {
                // The bus closed its end.
            }
        }
    }
}
