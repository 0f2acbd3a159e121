using System.Diagnostics;
using System.Runtime.Versioning;
using Gateway.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

[SupportedOSPlatform("linux")]
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
    public async Task NoticesAChangeOfMode()
    {
        _watcher.Watch([_configuration]);

        File.SetUnixFileMode(_configuration, UnixFileMode.UserRead);

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public async Task NoticesAFileBelowFoldersThatAreNotThereYet()
    {
        var profile = Path.Combine(_maps, "library", "acme", "m1.yaml");
        _watcher.Watch([_configuration, profile]);
        foreach (var folder in new[] { _maps, Path.Combine(_maps, "library"), Path.Combine(_maps, "library", "acme") })
        {
            Directory.CreateDirectory(folder);
            await _watcher.WaitAsync(default).WaitAsync(Deadline);
            _watcher.Watch([_configuration, profile]);
        }

        await File.WriteAllTextAsync(profile, "");

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public async Task NoticesEditsInAFolderThatTookThePlaceOfAnother()
    {
        var next = Directory.CreateDirectory(_maps + ".next").FullName;
        Directory.CreateDirectory(_maps);
        _watcher.Watch([_configuration, _maps]);

        Directory.Move(_maps, _maps + ".old");
        Directory.Move(next, _maps);
        await _watcher.WaitAsync(default).WaitAsync(Deadline);
        _watcher.Watch([_configuration, _maps]);
        await File.WriteAllTextAsync(Path.Combine(_maps, "boiler.yaml"), "");

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public async Task NoticesEditsInAFolderThatWasMadeAnew()
    {
        Directory.CreateDirectory(_maps);
        _watcher.Watch([_configuration, _maps]);

        Directory.Delete(_maps);
        Directory.CreateDirectory(_maps);
        await _watcher.WaitAsync(default).WaitAsync(Deadline);
        _watcher.Watch([_configuration, _maps]);
        await File.WriteAllTextAsync(Path.Combine(_maps, "boiler.yaml"), "");

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public async Task FollowsLinksAndTheirTurns()
    {
        var first = Directory.CreateDirectory(Path.Combine(_folder.FullName, "releases", "1")).FullName;
        var second = Directory.CreateDirectory(Path.Combine(_folder.FullName, "releases", "2")).FullName;
        Directory.CreateSymbolicLink(_maps, first);
        _watcher.Watch([_configuration, _maps]);
        await File.WriteAllTextAsync(Path.Combine(first, "boiler.yaml"), "");
        await _watcher.WaitAsync(default).WaitAsync(Deadline);

        using var ln = Process.Start("ln", ["-sfn", second, _maps]);
        await ln.WaitForExitAsync();
        await _watcher.WaitAsync(default).WaitAsync(Deadline);
        _watcher.Watch([_configuration, _maps]);
        await File.WriteAllTextAsync(Path.Combine(second, "boiler.yaml"), "");

        await _watcher.WaitAsync(default).WaitAsync(Deadline);
    }

    [Fact]
    public void WatchesNoMoreFoldersThanItMay()
    {
        var paths = Enumerable.Range(0, WatchPlan.MaxFolders + 5).Select(number => Directory.CreateDirectory(Path.Combine(_maps, $"{number}")).FullName);

        var plan = new WatchPlan([_configuration, .. paths.Select(folder => Path.Combine(folder, "profile.yaml"))]);

        Assert.Equal((WatchPlan.MaxFolders, 6), (plan.Folders.Count, plan.LeftOut.Count));
        Assert.Equal(_folder.FullName, plan.Folders[0]);
    }

    [Fact]
    public void LinksInACircleAreNoWayToAFile()
    {
        File.CreateSymbolicLink(_maps, _maps);

        Assert.True(new WatchPlan([_maps]).Concerns(_maps));
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
