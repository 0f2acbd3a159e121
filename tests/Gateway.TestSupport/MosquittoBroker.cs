using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.TestSupport;

/// <summary>
/// A mosquitto on a free loopback port with a configuration and data of its own. It may be stopped, killed and started
/// again on the same port; what it keeps on disk outlives a stop.
/// </summary>
public sealed class MosquittoBroker : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder;
    private readonly string _configuration;
    private Process? _process;

    private MosquittoBroker(DirectoryInfo folder, string configuration, int port)
    {
        _folder = folder;
        _configuration = configuration;
        Port = port;
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public Uri Uri => new($"mqtt://127.0.0.1:{Port}");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Starts a broker and waits until it listens.</summary>
    /// <param name="configuration">More lines of mosquitto.conf; a <c>listener</c> line among them replaces the default one,
    /// <c>{port}</c> in it stands for the port.</param>
    public static async Task<MosquittoBroker> StartAsync(string configuration = "")
    {
        var port = LoopbackPort.Free();
        var folder = Directory.CreateTempSubdirectory("mosquitto-");
        var lines = configuration.Replace("{port}", $"{port}", StringComparison.Ordinal);
        var listener = lines.Contains("listener ", StringComparison.Ordinal) ? "" : $"listener {port} 127.0.0.1\n";
        var file = Path.Combine(folder.FullName, "mosquitto.conf");
        await File.WriteAllTextAsync(
            file,
            $"user {Environment.UserName}\n{listener}allow_anonymous true\npersistence true\npersistence_location {folder.FullName}/\nmax_queued_messages 100000\n{lines}\n");
        var broker = new MosquittoBroker(folder, file, port);
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Starts it anew on the same port, with what it has kept.</summary>
    public async Task StartAgainAsync()
    {
        _process?.Dispose();
        _process = Process.Start(new ProcessStartInfo(
            Peer.FindExecutable("mosquitto") ?? throw new InvalidOperationException("mosquitto is not installed: apt-get install mosquitto"),
            ["-c", _configuration])
        {
            RedirectStandardError = true,
        })!;
        var log = new ConcurrentQueue<string>();
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null || e.Data.EndsWith(" running", StringComparison.Ordinal))
            {
                listens.TrySetResult();
            }
            else if (!listens.Task.IsCompleted)
            {
                log.Enqueue(e.Data);
            }
        };
        _process.BeginErrorReadLine();
        await listens.Task.WaitAsync(Deadline);
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"mosquitto ended with {_process.ExitCode}: {string.Join('\n', log)}");
        }
    }

    /// <summary>Ends it in good order (SIGTERM): it writes its data first.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"]);
        await WaitForExitAsync();
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await WaitForExitAsync();
    }

    /// <summary>Starts a mosquitto_sub, and waits until it is subscribed.</summary>
    public Task<MosquittoSubscriber> SubscribeAsync(string topicFilter, int qos = 0, params string[] arguments) =>
        MosquittoSubscriber.StartAsync(Port, topicFilter, qos, arguments);

    /// <summary>Runs a mosquitto_pub to its end.</summary>
    public async Task PublishAsync(string topic, string payload, params string[] arguments)
    {
        await using var publisher = PeerProcess.Start(
            "mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{Port}", "-t", topic, "-m", payload, .. arguments]);
        var exitCode = await publisher.WaitForExitAsync();
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"mosquitto_pub ended with {exitCode}: {publisher.Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await KillAsync();
        }

        _process?.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task WaitForExitAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _process!.WaitForExitAsync(deadline.Token);
    }
}
