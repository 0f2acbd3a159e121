using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>An upstream broker that does with messages what no real one can be made to do: it answers each PUBLISH at QoS 1 as the test says. MQTT 5.0.</summary>
public sealed class ScriptedBroker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly Task _accepting;

    /// <param name="answer">The Reason Code for a topic; null: no answer.</param>
    public ScriptedBroker(Func<string, byte?> answer)
    {
        Answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Its address.</summary>
    public Uri Uri => new($"mqtt://127.0.0.1:{Port}");

    /// <summary>The Reason Code for a topic; null: no answer.</summary>
    public Func<string, byte?> Answer { get; set; }

    /// <summary>The longest packet that it says to take; null: it says nothing.</summary>
    public byte? MaximumPacketSize { get; init; }

    /// <summary>The greatest QoS that it says to take; null: it says nothing.</summary>
    public byte? MaximumQoS { get; init; }

    /// <summary>Whether it refuses by DISCONNECT with the Reason Code, and ends the connection.</summary>
    public bool Disconnects { get; init; }

    /// <summary>
    /// Where it sends all clients, and by which Reason Code: whoever connects by CONNACK, whoever is connected by DISCONNECT at the next PUBLISH. Null, the default: nowhere. §4.11
    /// </summary>
    public (byte Code, string Server)? Reference { get; set; }

    /// <summary>How many connections it accepted.</summary>
    public int Connections => _serving.Count;

    /// <summary>Of each CONNECT, whether it asked for a Clean Start.</summary>
    public ConcurrentQueue<bool> CleanStarts { get; } = new();

    /// <summary>What came: topic and payload.</summary>
    public ConcurrentQueue<(string Topic, string Payload)> Received { get; } = new();

    /// <summary>What was taken: topic and payload.</summary>
    public ConcurrentQueue<(string Topic, string Payload)> Taken { get; } = new();

    /// <summary>Ends it, and all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        var stream = client.GetStream();
        try
        {
            while (true)
            {
                var type = await ReadByteAsync(stream);
                var body = new byte[await ReadLengthAsync(stream)];
                await stream.ReadExactlyAsync(body, _stopping.Token);
                if (type >> 4 == 1)
                {
                    CleanStarts.Enqueue((body[7] & 0x02) != 0); // behind the name (2 + 4) and the level, §3.1.2
                }

                byte[] answer = (type >> 4) switch
                {
                    1 or 3 when Reference is { } reference => Refer(type >> 4 == 1, reference.Code, reference.Server),
                    1 when MaximumQoS is { } greatest => [0x20, 5, 0, 0, 2, 0x24, greatest],
                    1 => MaximumPacketSize is { } most ? [0x20, 8, 0, 0, 5, 0x27, 0, 0, 0, most] : [0x20, 3, 0, 0, 0], // CONNACK
                    3 => Publish(type, body),
                    8 => [0x90, 4, body[0], body[1], 0, 1], // SUBACK
                    12 => [0xD0, 0], // PINGRESP
                    _ => [],
                };
                await stream.WriteAsync(answer, _stopping.Token);
                if (answer is [0xE0, ..] or [0x20, _, _, >= 0x80, ..])
                {
                    return;
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // One side is gone.
        }
    }

    // Topic, Packet Identifier, properties (of less than 128 bytes), payload. §3.3
    private byte[] Publish(int type, byte[] body)
    {
        var length = (body[0] << 8) | body[1];
        var topic = Encoding.UTF8.GetString(body, 2, length);
        if ((type & 0x06) == 0)
        {
            return [];
        }

        var properties = body[length + 4];
        var message = (topic, Encoding.UTF8.GetString(body.AsSpan(length + 5 + properties)));
        Received.Enqueue(message);
        if (Answer(topic) is not { } code)
        {
            return [];
        }

        if (code < 0x80)
        {
            Taken.Enqueue(message);
        }

        return Disconnects && code >= 0x80 ? [0xE0, 1, code] : [0x40, 3, body[length + 2], body[length + 3], code];
    }

    // CONNACK or DISCONNECT with a Server Reference. §3.2.2.3.16, §3.14.2.2.5
    private static byte[] Refer(bool isConnecting, byte code, string server)
    {
        byte[] properties = [0x1C, 0, (byte)server.Length, .. Encoding.ASCII.GetBytes(server)];
        byte[] body = [.. isConnecting ? new byte[] { 0 } : [], code, (byte)properties.Length, .. properties];
        return [isConnecting ? (byte)0x20 : (byte)0xE0, (byte)body.Length, .. body];
    }

    private async Task<int> ReadByteAsync(NetworkStream stream)
    {
        var one = new byte[1];
        await stream.ReadExactlyAsync(one, _stopping.Token);
        return one[0];
    }

    private async Task<int> ReadLengthAsync(NetworkStream stream)
    {
        var (length, shift, next) = (0, 0, 0x80);
        for (; (next & 0x80) != 0; shift += 7)
        {
            next = await ReadByteAsync(stream);
            length |= (next & 0x7F) << shift;
        }

        return length;
    }
}
