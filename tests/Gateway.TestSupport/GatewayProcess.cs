using System.Diagnostics;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>
/// The built <c>gateway</c> as a process of its own, as a user or systemd starts it. A test project that uses it references the
/// project <c>Gateway</c>, which puts the program beside the tests.
/// </summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private const int MaximumOutput = 10_000_000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StreamLog _output = new();
    private readonly StreamLog _error = new();

    private GatewayProcess(Process process) => _process = process;

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => _output.Text;

    /// <summary>What it has written to standard error so far: its log, or its error.</summary>
    public string Error => _error.Text;

    public bool HasExited => _process.HasExited;

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a verb.</summary>
    public static GatewayProcess Start(params string[] arguments) => Start(arguments, folder: null, environment: null);

    /// <summary>Starts a verb in a folder, with more environment variables.</summary>
    /// <param name="arguments">The verb and what it is told.</param>
    /// <param name="folder">Where it runs; null: here.</param>
    /// <param name="environment">More environment variables.</param>
    /// <param name="input">Its standard input; null: none.</param>
    /// <param name="obeysPermissions">Whether root, too, may write only what is root's. For tests that run as root.</param>
    /// <param name="starter">A program with its arguments that becomes the gateway; null: none.</param>
    public static GatewayProcess Start(
        IEnumerable<string> arguments,
        string? folder,
        IReadOnlyDictionary<string, string>? environment,
        string? input = null,
        bool obeysPermissions = false,
        IReadOnlyList<string>? starter = null)
    {
        // A test run that was put into the background of a script ignores SIGINT, and its children would inherit that.
        string[] command = [.. starter ?? [], "env", "--default-signal=INT", "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "gateway.dll"), .. arguments];
        if (obeysPermissions)
        {
            command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", .. command];
        }

        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var gateway = new GatewayProcess(new Process { StartInfo = start });
        gateway._process.OutputDataReceived += (_, e) => gateway._output.Add(e.Data);
        gateway._process.ErrorDataReceived += (_, e) => gateway._error.Add(e.Data);
        gateway._process.Start();
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        if (input is not null)
        {
            gateway._process.StandardInput.Write(input);
        }

        gateway._process.StandardInput.Close();
        return gateway;
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var gateway = Start(arguments);
        return (await gateway.WaitForExitAsync(), gateway.Output, gateway.Error);
    }

    /// <summary>Waits until standard error has a text; fails with all that was written.</summary>
    public Task WaitForErrorAsync(string text) => WaitAsync(_error, text);

    /// <summary>Waits until standard output has a text; fails with all that was written.</summary>
    public Task WaitForOutputAsync(string text) => WaitAsync(_output, text);

    /// <summary>Sends a signal by its name: TERM, INT, HUP.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it at once (SIGKILL), as a power cut does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitForExitAsync();
    }

    /// <summary>Asks it to stop (SIGTERM); returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await WaitForExitAsync();
    }

    /// <summary>Waits for its end; returns the exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException($"The gateway did not end; it said:\n{Output}\n{Error}", exception);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task WaitAsync(StreamLog log, string text)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!log.Text.Contains(text, StringComparison.Ordinal))
        {
            if (_process.HasExited || TimeProvider.System.GetElapsedTime(began) > Deadline)
            {
                throw new TimeoutException($"The gateway did not say '{text}'; it said:\n{Output}\n{Error}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private sealed class StreamLog
    {
        private readonly Lock _gate = new();
        private readonly StringBuilder _text = new();

        public string Text
        {
            get
            {
                lock (_gate)
                {
                    return _text.ToString();
                }
            }
        }

        public void Add(string? line)
        {
            lock (_gate)
            {
                if (line is not null && _text.Length < MaximumOutput)
                {
                    _text.Append(line).Append('\n');
                }
            }
        }
    }
}
