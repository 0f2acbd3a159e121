using System.Text.RegularExpressions;
using Gateway.TestSupport;

namespace Gateway.Integration.Tests.Page;

/// <summary><c>gateway demo</c> with its page, on free ports; started by the first test that asks.</summary>
public sealed partial class DemoPage : IAsyncLifetime
{
    private GatewayProcess? _process;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);

    /// <summary>Where the page is.</summary>
    internal async Task<string> AddressAsync()
    {
        _process ??= GatewayProcess.Start("demo", "--broker-port", "0", "--web-port", "0");
        await _process.WaitForOutputAsync("Ctrl-C stops it.");
        return PageLine.Match(_process.Output).Groups[1].Value;
    }

    /// <summary>Ends it at once; the next who asks has another.</summary>
    internal async Task KillAsync()
    {
        await _process!.KillAsync();
        await _process.DisposeAsync();
        _process = null;
    }

    [GeneratedRegex(@"the page +(http://\S+)")]
    private static partial Regex PageLine { get; }
}
