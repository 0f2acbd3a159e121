using System.Net;
using System.Net.Sockets;
using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.Mqtt.Broker;

namespace Gateway.Benchmarks;

/// <summary>Messages at QoS 0 from one socket through a broker to another: time and bytes allocated per message.</summary>
public class EndToEndBenchmarks
{
    private const int Messages = 10_000;
    private const int MessagesAtATime = 500;

    // 30 | length | topic | 64 bytes
    private static readonly byte[] Message = [0x30, 2 + 22 + 64, 0, 22, .. "plant/line/meter/power"u8, .. new byte[64]];

    private readonly byte[] _batch = [.. Enumerable.Repeat(Message, MessagesAtATime).SelectMany(bytes => bytes)];
    private readonly byte[] _received = new byte[256 * 1024];
    private MqttBroker? _broker;
    private Socket? _publisher;
    private Socket? _subscriber;

    [GlobalSetup]
    public async Task StartAsync()
    {
        _broker = new MqttBroker(new MqttBrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")] });
        await _broker.StartAsync(CancellationToken.None);
        _publisher = Connect("publisher");
        _subscriber = Connect("subscriber");
        _subscriber.Send([0x82, 14, 0, 1, 0, 9, .. "plant/+/#"u8, 0]);
        Receive(_subscriber, 5);
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public void RouteAtQoS0()
    {
        for (var sent = 0; sent < Messages; sent += MessagesAtATime)
        {
            _publisher!.Send(_batch);
            Receive(_subscriber!, _batch.Length);
        }
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        _publisher!.Dispose();
        _subscriber!.Dispose();
        await _broker!.DisposeAsync();
    }

    private Socket Connect(string clientId)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect((IPEndPoint)_broker!.Listeners[0].EndPoint!);
        socket.Send([0x10, (byte)(12 + clientId.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, (byte)clientId.Length, .. Encoding.ASCII.GetBytes(clientId)]);
        Receive(socket, 4);
        return socket;
    }

    private void Receive(Socket socket, int count)
    {
        while (count > 0)
        {
            count -= socket.Receive(_received, 0, Math.Min(count, _received.Length), SocketFlags.None);
        }
    }
}
