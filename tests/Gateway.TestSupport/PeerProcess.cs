using System.Diagnostics;
using System.Text;

namespace Gateway.TestSupport;

/// <summary>A program of others that a test started; ended with the test. Its output is kept for the failure message.</summary>
public sealed class PeerProcess : IAsyncDisposable
{
    private const int MaxOutputLength = 100_000;

    // Erlang and Chromium start in seconds alone, and in a minute beside a whole test run.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly StringBuilder _output = new();
    private readonly List<(Func<string, bool> Matches, TaskCompletionSource<string> Found)> _waiting = [];
    private bool _isDisposed;

    private PeerProcess(Process process) => _process = process;

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>What it has written so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_gate)
                return _output.ToString();
        }
    }

    /// <summary>Starts a program; its standard input gets the text given and is closed then.</summary>
    public static PeerProcess Start(
        string program, IEnumerable<string> arguments, string input = "", Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Peer.FindExecutable(program) ?? program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        var peer = new PeerProcess(new Process { StartInfo = start });
        peer._process.OutputDataReceived += (_, e) => peer.OnLine(e.Data);
        peer._process.ErrorDataReceived += (_, e) => peer.OnLine(e.Data);
        peer._process.Start();
        peer._process.BeginOutputReadLine();
        peer._process.BeginErrorReadLine();
        peer._process.StandardInput.Write(input);
        peer._process.StandardInput.Close();
        return peer;
    }

    /// <summary>Waits for a line of output that begins so; returns it.</summary>
    public Task<string> WaitForLineAsync(string beginning) => WaitForLineAsync(line => line.StartsWith(beginning, StringComparison.Ordinal), beginning);

    /// <summary>Waits for a line of output with that text in it; returns the line.</summary>
    public Task<string> WaitForLineContainingAsync(string text) => WaitForLineAsync(line => line.Contains(text, StringComparison.Ordinal), text);

    private async Task<string> WaitForLineAsync(Func<string, bool> matches, string text)
    {
        TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            var line = _output.ToString().Split('\n').FirstOrDefault(matches);
            if (line is not null)
                return line;
            _waiting.Add((matches, found));
        }

        try
        {
            return await found.Task.WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_process.StartInfo.FileName} did not say '{text}'; it said:\n{Output}");
        }
    }

    /// <summary>Waits for its end, two minutes if nothing else is said; returns the exit code.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
            return;

        lock (_gate)
        {
            if (_output.Length < MaxOutputLength)
                _output.Append(line).Append('\n');
            foreach (var waiting in _waiting.Where(w => w.Matches(line)).ToList())
            {
                _waiting.Remove(waiting);
                waiting.Found.SetResult(line);
            }
        }
    }
}
