using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.TestSupport;

/// <summary>
/// A mosquitto on a free loopback port with a configuration and data of its own. It may be stopped, killed and started
/// again on the same port; what it keeps on disk outlives a stop.
/// </summary>
public sealed class MosquittoBroker : IAsyncDisposable
{
    /// <summary>Lines of the log that are kept: the first ones. An hour of fifty messages a second at QoS 2, each packet a line, has fewer.</summary>
    public const int MaxLogLines = 2_000_000;

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

    /// <summary>What it has logged, over all its starts; <c>log_type all</c> makes that each packet.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Starts a broker and waits until it listens.</summary>
    /// <param name="configuration">More lines of mosquitto.conf; a <c>listener</c> line among them replaces the default one,
    /// <c>{port}</c> in it stands for the port.</param>
    /// <param name="files">Files that it needs: name and text; <c>{folder}</c> in the configuration stands for where they are.</param>
    public static async Task<MosquittoBroker> StartAsync(string configuration = "", params (string Name, string Text)[] files)
    {
        var folder = Directory.CreateTempSubdirectory("mosquitto-");
        foreach (var (name, text) in files)
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), text);
        }

        var broker = new MosquittoBroker(folder, Path.Combine(folder.FullName, "mosquitto.conf"), LoopbackPort.Free());
        await broker.ConfigureAsync(configuration);
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Ends it in good order and starts it anew with other lines, with what it has kept.</summary>
    public async Task ReconfigureAsync(string configuration)
    {
        await StopAsync();
        await ConfigureAsync(configuration);
        await StartAgainAsync();
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
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is null || e.Data.EndsWith(" running", StringComparison.Ordinal))
            {
                listens.TrySetResult();
            }

            if (e.Data is not null && Log.Count < MaxLogLines)
            {
                Log.Enqueue(e.Data);
            }
        };
        _process.BeginErrorReadLine();
        await listens.Task.WaitAsync(Deadline);
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"mosquitto ended with {_process.ExitCode}: {string.Join('\n', Log)}");
        }
    }

    /// <summary>Ends it in good order (SIGTERM): it writes its data first.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        await WaitForExitAsync();
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await WaitForExitAsync();
    }

    /// <summary>Has it do nothing any more (SIGSTOP), while the kernel goes on accepting connections for it.</summary>
    public Task SuspendAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on (SIGCONT).</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

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

    private Task ConfigureAsync(string configuration)
    {
        var lines = configuration.Replace("{port}", $"{Port}", StringComparison.Ordinal).Replace("{folder}", _folder.FullName, StringComparison.Ordinal);
        var listener = lines.Contains("listener ", StringComparison.Ordinal) ? "" : $"listener {Port} 127.0.0.1\n";
        return File.WriteAllTextAsync(
            _configuration,
            $"user {Environment.UserName}\n{listener}allow_anonymous true\npersistence true\npersistence_location {_folder.FullName}/\nmax_queued_messages 100000\n{lines}\n");
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    private async Task WaitForExitAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _process!.WaitForExitAsync(deadline.Token);
    }
}
