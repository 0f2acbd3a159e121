namespace Gateway.Hosting;

/// <summary>
/// Where to look so that a change of some paths shows, whether or not they are there yet: folders, and what in them matters. Links on the way count,
/// and what they lead to; of what is missing the folder counts in which its way ends. Made of the disk as it is; immutable.
/// </summary>
internal sealed class WatchPlan
{
    /// <summary>The most folders that are watched: each takes one of the 128 places that Linux gives a user.</summary>
    public const int MaxFolders = 32;

    // As the kernel counts: more is a circle.
    private const int MaxLinks = 40;

    private readonly List<string> _folders = [];
    private readonly HashSet<string> _names = [];
    private readonly HashSet<string> _mapFolders = [];

    /// <param name="paths">Files and folders, absolute, what matters most first. In a folder its <c>*.yaml</c> matter.</param>
    public WatchPlan(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            Follow(path, links: 0);
        }
    }

    /// <summary>The folders, without links on the way.</summary>
    public IReadOnlyList<string> Folders => _folders.Count <= MaxFolders ? _folders : _folders[..MaxFolders];

    /// <summary>The folders that are too many.</summary>
    public IReadOnlyList<string> LeftOut => _folders.Count <= MaxFolders ? [] : _folders[MaxFolders..];

    /// <summary>Whether a change of a file or folder matters.</summary>
    public bool Concerns(string path) =>
        _names.Contains(path) || (path.EndsWith(".yaml", StringComparison.Ordinal) && _mapFolders.Contains(Path.GetDirectoryName(path)!));

    private void Follow(string path, int links)
    {
        var folder = "/";
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < names.Length; i++)
        {
            var place = Path.Combine(folder, names[i]);
            _names.Add(place);
            if (FindTarget(place) is { } target)
            {
                Watch(folder);
                if (links < MaxLinks)
                {
                    Follow(Path.GetFullPath(Path.Combine([target, .. names[(i + 1)..]]), folder), links + 1);
                }

                return;
            }

            if (i == names.Length - 1 || !Directory.Exists(place))
            {
                Watch(folder);
                if (Directory.Exists(place))
                {
                    Watch(place);
                    _mapFolders.Add(place);
                }

                return;
            }

            folder = place;
        }
    }

    private static string? FindTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Watch(string folder)
    {
        if (!_folders.Contains(folder))
        {
            _folders.Add(folder);
        }
    }
}
