using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>The built <c>gateway</c> on a terminal of its own, where it draws, and Ctrl-C can be typed.</summary>
internal sealed partial class Terminal : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly StringBuilder _shown = new();
    private readonly Task _reading;

    private Terminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>What was shown so far, all of it, without colours and movements.</summary>
    public string Shown
    {
        get
        {
            lock (_gate)
                return Escape().Replace(_shown.ToString(), "");
        }
    }

    /// <summary>The same with colours and movements.</summary>
    public string Raw
    {
        get
        {
            lock (_gate)
                return _shown.ToString();
        }
    }

    /// <summary>Starts a verb.</summary>
    public static Terminal Start(params string[] arguments) => Start(isColourless: false, arguments);

    /// <summary>Starts a verb where people may ask for no colours (no-color.org).</summary>
    public static Terminal Start(bool isColourless, params string[] arguments)
    {
        string[] command = ["exec", "env", "--default-signal=INT", "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "gateway.dll"), .. arguments];
        var start = new ProcessStartInfo("script", ["-qec", $"stty cols 160 rows 40; {string.Join(' ', command.Select(word => $"'{word}'"))}", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // On a build server nothing is drawn unless it looks like a terminal.
        start.Environment["TERM"] = "xterm-256color";
        foreach (var sign in new[] { "CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "JENKINS_URL", "NO_COLOR" })
        {
            start.Environment.Remove(sign);
        }

        if (isColourless)
        {
            start.Environment["NO_COLOR"] = "1";
        }

        return new Terminal(Process.Start(start)!);
    }

    /// <summary>Waits until something is shown; fails with all that was.</summary>
    public Task WaitForAsync(string text) => Eventually.TrueAsync(() => Shown.Contains(text, StringComparison.Ordinal), () => $"'{text}' is not shown: {Shown}");

    /// <summary>Types a text; a carriage return is Enter.</summary>
    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Types Ctrl-C; gives the exit code.</summary>
    public async Task<int> InterruptAsync()
    {
        await TypeAsync("\x03");
        return await WaitForExitAsync();
    }

    /// <summary>Waits for the end; gives the exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await _process.WaitForExitAsync(deadline.Token);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            lock (_gate)
                _shown.Append(buffer, 0, count);
        }
    }

    [GeneratedRegex(@"\x1B\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Escape();
}
