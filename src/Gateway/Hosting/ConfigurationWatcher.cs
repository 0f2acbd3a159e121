using System.Threading.Channels;

namespace Gateway.Hosting;

/// <summary>
/// Notices that configuration or maps were edited, in place or by the rename that editors save with, or that SIGHUP asks to look.
/// A burst of events is one change.
/// </summary>
internal sealed class ConfigurationWatcher : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestBurst = TimeSpan.FromSeconds(3);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly List<FileSystemWatcher> _watchers = [];
    private volatile HashSet<string> _paths = [];

    public ConfigurationWatcher(TimeProvider timeProvider, ILogger logger)
    {
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <summary>Says what to watch from now on, instead of what was before.</summary>
    /// <param name="paths">Files and folders, absolute, whether they are there or not. In a folder its <c>*.yaml</c> are watched.</param>
    public void Watch(IReadOnlyCollection<string> paths)
    {
        _paths = [.. paths];
        var folders = paths.SelectMany(path => new[] { path, Path.GetDirectoryName(path)! }).Where(Directory.Exists).ToHashSet();
        foreach (var gone in _watchers.Where(watcher => !folders.Contains(watcher.Path)).ToArray())
        {
            _watchers.Remove(gone);
            gone.Dispose();
        }

        foreach (var folder in folders.Where(folder => _watchers.TrueForAll(watcher => watcher.Path != folder)))
        {
            TryWatchFolder(folder);
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
        foreach (var watcher in _watchers)
        {
            watcher.Dispose();
        }
    }

    private void TryWatchFolder(string folder)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Changed += OnEvent;
            watcher.Created += OnEvent;
            watcher.Deleted += OnEvent;
            watcher.Renamed += OnEvent;
            watcher.Error += (_, _) => Trigger();
            watcher.EnableRaisingEvents = true;
            _watchers.Add(watcher);
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            watcher?.Dispose();
            Log.FolderNotWatched(_logger, folder, exception.Message.TrimEnd('.'));
        }
    }

    private void OnEvent(object sender, FileSystemEventArgs change)
    {
        var isMap = change.FullPath.EndsWith(".yaml", StringComparison.Ordinal)
            || (change as RenamedEventArgs)?.OldFullPath.EndsWith(".yaml", StringComparison.Ordinal) == true;
        if (isMap || _paths.Contains(change.FullPath))
        {
            Trigger();
        }
    }
}
