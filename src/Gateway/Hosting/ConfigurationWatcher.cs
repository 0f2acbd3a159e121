using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Gateway.Hosting;

/// <summary>
/// Notices that what a configuration was read from was edited, in place or by the rename that editors save with, made, replaced, or given another
/// mode or owner, or that SIGHUP asks to look. A burst of events is one change.
/// </summary>
internal sealed class ConfigurationWatcher : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestBurst = TimeSpan.FromSeconds(3);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly List<(FileSystemWatcher Watcher, FileStamp? Folder)> _watchers = [];

    // Folders whose watchers are of no use any more: what they watch was deleted or moved, or they had more events than they could take.
    private readonly ConcurrentDictionary<string, bool> _lost = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unwatched = new(StringComparer.Ordinal);
    private volatile WatchPlan _plan = new([]);

    public ConfigurationWatcher(TimeProvider timeProvider, ILogger logger)
    {
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <summary>Says what to watch from now on, instead of what was before: at most <see cref="WatchPlan.MaxFolders"/> folders, the first ones.</summary>
    /// <param name="paths">Files and folders, absolute, whether they are there or not. In a folder its <c>*.yaml</c> are watched.</param>
    public void Watch(IReadOnlyCollection<string> paths)
    {
        var plan = _plan = new WatchPlan(paths);

        // A folder that was moved away is still watched where it is now, and not what took its place.
        foreach (var gone in _watchers.Where(each => !plan.Folders.Contains(each.Watcher.Path) || _lost.TryRemove(each.Watcher.Path, out _) || FileStamp.Find(each.Watcher.Path)?.Identity != each.Folder).ToArray())
        {
            _watchers.Remove(gone);
            gone.Watcher.Dispose();
        }

        foreach (var folder in plan.Folders.Where(folder => _watchers.TrueForAll(each => each.Watcher.Path != folder)))
        {
            TryWatchFolder(folder);
        }

        if (plan.LeftOut.Count > 0)
        {
            TellUnwatched(plan.LeftOut[0], $"one of {plan.LeftOut.Count} that are more than the {WatchPlan.MaxFolders} folders that are watched");
        }
    }

    /// <summary>Counts as a change.</summary>
    public void Trigger() => _changes.Writer.TryWrite(true);

    /// <summary>Waits for a change, and until it has settled.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _changes.Reader.ReadAsync(cancellationToken);
        var began = _timeProvider.GetTimestamp();
        do
        {
            while (_changes.Reader.TryRead(out _))
            {
            }

            await Task.Delay(Quiet, _timeProvider, cancellationToken);
        }
        while (_changes.Reader.TryPeek(out _) && _timeProvider.GetElapsedTime(began) < LongestBurst);
    }

    public void Dispose()
    {
        foreach (var (watcher, _) in _watchers)
        {
            watcher.Dispose();
        }
    }

    private void TryWatchFolder(string folder)
    {
        FileSystemWatcher? watcher = null;
        var identity = FileStamp.Find(folder)?.Identity;
        try
        {
            watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.Attributes,
            };
            watcher.Changed += OnEvent;
            watcher.Created += OnEvent;
            watcher.Deleted += OnEvent;
            watcher.Renamed += OnEvent;
            watcher.Error += (_, error) => OnError(folder, error.GetException());
            watcher.EnableRaisingEvents = true;
            _watchers.Add((watcher, identity));
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            watcher?.Dispose();
            TellUnwatched(folder, exception.Message.TrimEnd('.'));
        }
    }

    private void OnError(string folder, Exception exception)
    {
        if (exception is InternalBufferOverflowException)
        {
            _lost[folder] = true;
            Trigger();
            return;
        }

        // Such as a folder that may be entered and not listed: it stays as it is, since the next try would end alike.
        TellUnwatched(folder, exception.Message.TrimEnd('.'));
    }

    // Once for each folder: it is tried again with each reload.
    private void TellUnwatched(string folder, string reason)
    {
        lock (_unwatched)
        {
            if (!_unwatched.Add(folder))
            {
                return;
            }
        }

        Log.FolderNotWatched(_logger, folder, reason);
    }

    private void OnEvent(object sender, FileSystemEventArgs change)
    {
        // What takes its place may have its number, and its time of birth within a tick of the clock.
        if (change.ChangeType != WatcherChangeTypes.Changed && _plan.Folders.Contains(change.FullPath))
        {
            _lost[change.FullPath] = true;
        }

        if (_plan.Concerns(change.FullPath) || (change is RenamedEventArgs renamed && _plan.Concerns(renamed.OldFullPath)))
        {
            Trigger();
        }
    }
}
