using System.Runtime.Versioning;
using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>Command lines are completed by the shells themselves.</summary>
[SupportedOSPlatform("linux")]
public sealed class CompletionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public CompletionTests()
    {
        var program = Path.Combine(_folder.FullName, "gateway");
        File.WriteAllText(program, $"#!/bin/sh\nexec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "gateway.dll")}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Bash() => Assert.Equal("scan simulate status sub", await CompleteAsync("bash", """
        source <(gateway completion bash)
        COMP_LINE='gateway s' COMP_POINT=9 COMP_WORDS=(gateway s) COMP_CWORD=1
        _gateway
        echo "${COMPREPLY[@]}"
        """));

    [PeerFact(Peer.Zsh)]
    public async Task Zsh() => Assert.Equal("scan simulate status sub", await CompleteAsync("zsh", """
        compdef() { }
        compadd() { shift; echo "$@" }
        _files() { }
        source <(gateway completion zsh)
        BUFFER='gateway s' CURSOR=9
        _gateway
        """));

    [PeerFact(Peer.Fish)]
    public async Task Fish() => Assert.Equal("scan simulate status sub", await CompleteAsync("fish", """
        gateway completion fish | source
        cd
        complete -C 'gateway s'
        """));

    private async Task<string> CompleteAsync(string shell, string script)
    {
        await using var process = PeerProcess.Start(shell, ["-c", script], environment: new()
        {
            ["PATH"] = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}",
            ["HOME"] = _folder.FullName,
        });
        Assert.True(await process.WaitForExitAsync() == 0, process.Output);
        return string.Join(' ', process.Output.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.StartsWith('s')).Order(StringComparer.Ordinal));
    }
}
