using System.Diagnostics;

namespace Gateway.TestSupport;

/// <summary>A mosquitto_sub that collects what it receives.</summary>
public sealed class MosquittoSubscriber : IAsyncDisposable
{
    // An hour of a hundred a second, and as many twice.
    private const int MaximumMessages = 1_000_000;

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _messages = [];
    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isFull;

    private MosquittoSubscriber(Process process) => _process = process;

    /// <summary>The messages so far: topic, RETAIN (0 or 1), QoS and payload, separated by spaces.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>The payloads so far.</summary>
    public IReadOnlyList<string> Payloads => [.. Messages.Select(m => m.Split(' ', 4)[3])];

    /// <summary>How many so far. Fails when there are more than are kept: what a test waits for would never come.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _isFull ? throw new InvalidOperationException($"mosquitto_sub received more than the {MaximumMessages} messages that are kept.") : _messages.Count;
            }
        }
    }

    /// <summary>The messages so far, which it keeps no longer: for a run of more than it keeps.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_gate)
        {
            string[] messages = [.. _messages];
            _messages.Clear();
            return messages;
        }
    }

    /// <summary>Starts one, and waits until it is subscribed.</summary>
    /// <param name="port">The broker's port on 127.0.0.1.</param>
    /// <param name="topicFilter">What to subscribe to.</param>
    /// <param name="qos">The QoS to ask for.</param>
    /// <param name="arguments">More arguments, such as <c>-V mqttv5</c>.</param>
    public static async Task<MosquittoSubscriber> StartAsync(int port, string topicFilter, int qos, params string[] arguments)
    {
        var program = Peer.FindExecutable("mosquitto_sub")
            ?? throw new InvalidOperationException("mosquitto_sub is not installed: apt-get install mosquitto-clients");

        // Into a pipe it would write a block at a time; coreutils' stdbuf makes that a line, and becomes the program.
        var start = new ProcessStartInfo(
            "stdbuf",
            ["-oL", program, "-d", "-h", "127.0.0.1", "-p", $"{port}", "-t", topicFilter, "-q", $"{qos}", "-F", "= %t %r %q %p", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var subscriber = new MosquittoSubscriber(new Process { StartInfo = start });
        subscriber._process.OutputDataReceived += (_, e) => subscriber.OnLine(e.Data);
        subscriber._process.ErrorDataReceived += (_, e) => subscriber.OnLine(e.Data);
        subscriber._process.Start();
        subscriber._process.BeginOutputReadLine();
        subscriber._process.BeginErrorReadLine();
        await subscriber._subscribed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return subscriber;
    }

    /// <summary>Waits until so many messages have come; fails after 90 s.</summary>
    public Task WaitForAsync(int count) => Eventually.TrueAsync(() => Count >= count, () => $"mosquitto_sub received {Count} of {count} messages.");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        if (line.StartsWith("Subscribed", StringComparison.Ordinal))
        {
            _subscribed.TrySetResult();
        }
        else if (line.StartsWith("= ", StringComparison.Ordinal))
        {
            lock (_gate)
            {
                if (_messages.Count < MaximumMessages)
                {
                    _messages.Add(line[2..]);
                }
                else
                {
                    _isFull = true;
                }
            }
        }
    }
}
