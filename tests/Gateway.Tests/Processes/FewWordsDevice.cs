using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Processes;

/// <summary>
/// A Modbus TCP device that answers nothing but what it knows, as some do: its frames are made by hand, after Modbus Application Protocol
/// 1.1b3 and the Messaging on TCP/IP Implementation Guide 1.0b. All other requests get no answer.
/// </summary>
internal sealed class FewWordsDevice : IAsyncDisposable
{
    private const byte IllegalFunction = 1;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<(byte Unit, byte Function), Func<byte[], byte[]>> _answers;
    private readonly byte[] _refusing;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<byte> _asked = [];
    private readonly Task _serving;

    /// <param name="answers">By unit and function: from what follows the function code in the request, the same of the answer.</param>
    /// <param name="refusing">Units that refuse what they do not know with exception 1.</param>
    public FewWordsDevice(Dictionary<(byte Unit, byte Function), Func<byte[], byte[]>> answers, params byte[] refusing)
    {
        _answers = answers;
        _refusing = refusing;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Answers a read of registers: how many bytes, and 1 in each register.</summary>
    public static byte[] Ones(byte[] request) => [(byte)(2 * request[3]), .. Enumerable.Repeat<byte[]>([0, 1], request[3]).SelectMany(register => register)];

    public string Host => _listener.LocalEndpoint.ToString()!;

    /// <summary>How many connections there were.</summary>
    public int Connections { get; private set; }

    /// <summary>Whether a unit was asked for anything.</summary>
    public bool WasAsked(byte unit) => _asked.Contains(unit);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
                Connections = clients.Count;
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(clients);
        }
    }

    // transaction (2) | protocol (2) | length (2) | unit (1) | function (1) | data
    private async Task AnswerAsync(TcpClient client)
    {
        using var own = client;
        var stream = client.GetStream();
        var frame = new byte[260];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(frame.AsMemory(0, 6), _stopping.Token);
                await stream.ReadExactlyAsync(frame.AsMemory(6, (frame[4] << 8) | frame[5]), _stopping.Token);
                _asked.Add(frame[6]);
                if (_answers.TryGetValue((frame[6], frame[7]), out var answerTo))
                {
                    var data = answerTo(frame[8..12]);
                    byte[] answer = [frame[0], frame[1], 0, 0, 0, (byte)(2 + data.Length), frame[6], frame[7], .. data];
                    await stream.WriteAsync(answer, _stopping.Token);
                }
                else if (_refusing.Contains(frame[6]))
                {
                    await stream.WriteAsync(new byte[] { frame[0], frame[1], 0, 0, 0, 3, frame[6], (byte)(frame[7] | 0x80), IllegalFunction }, _stopping.Token);
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client left, or the test is over.
        }
    }
}
