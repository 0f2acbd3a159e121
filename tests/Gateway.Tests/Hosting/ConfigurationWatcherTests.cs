using Gateway.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

public sealed class ConfigurationWatcherTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");
    private readonly ConfigurationWatcher _watcher = new(TimeProvider.System, NullLogger.Instance);
    private readonly string _configuration;
    private readonly string _maps;

    public ConfigurationWatcherTests()
    {
        _configuration = Path.Combine(_folder.FullName, "gateway.yaml");
        _maps = Path.Combine(_folder.FullName, "devicemaps");
        File.WriteAllText(_configuration, "");
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task NoticesAnEditInPlace()
    {
        _watcher.Watch([_configuration, _maps]);

        await File.AppendAllTextAsync(_configuration, "site: x\n");

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public async Task NoticesAnAtomicSave()
    {
        _watcher.Watch([_configuration, _maps]);
        var temporary = Path.Combine(_folder.FullName, ".gateway.yaml.swp");
        await File.WriteAllTextAsync(temporary, "site: x\n");

        File.Move(temporary, _configuration, overwrite: true);

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public async Task NoticesAMapInAFolderThatWasNotThereYet()
    {
        _watcher.Watch([_configuration, _maps]);
        Directory.CreateDirectory(_maps);
        await _watcher.WaitAsync(default).WaitAsync(Deadline);
        _watcher.Watch([_configuration, _maps]);

        await File.WriteAllTextAsync(Path.Combine(_maps, "boiler.yaml"), "");

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public async Task IgnoresOtherFilesAndHearsSignals()
    {
        _watcher.Watch([_configuration]);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "notes.txt"), "");
        var change = _watcher.WaitAsync(default);

        Assert.False(change.IsCompleted);
        _watcher.Trigger();

        await change.WaitAsync(Deadline);
    }
}
