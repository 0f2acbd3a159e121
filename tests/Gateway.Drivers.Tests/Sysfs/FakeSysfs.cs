using System.Collections.Concurrent;
using Gateway.Abstractions.Buses;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Tests.Sysfs;

/// <summary>Attributes in memory. A folder is there as long as something is in it. Thread-safe.</summary>
internal class FakeSysfs : ISysfs
{
    private readonly ConcurrentDictionary<string, string> _files = new();
    private readonly ConcurrentDictionary<string, string> _links = new();

    /// <summary>What reads of an attribute throw in turn; a null lets one pass.</summary>
    public ConcurrentDictionary<string, Queue<BusException?>> Faults { get; } = new();

    /// <summary>What attributes say after they were read once.</summary>
    public ConcurrentDictionary<string, string> Later { get; } = new();

    /// <summary>What was written, path and text.</summary>
    public ConcurrentQueue<(string Path, string Text)> Written { get; } = new();

    /// <summary>The paths that were read.</summary>
    public ConcurrentQueue<string> Reads { get; } = new();

    public string this[string path]
    {
        get => _files[path];
        set => _files[path] = value;
    }

    /// <summary>A listing as <c>grep . -r</c> writes it: <c>class/hwmon/hwmon0/name:lm75</c>, and links as <c>path -> target</c>.</summary>
    public FakeSysfs Add(string listing)
    {
        foreach (var line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line.Split(" -> ") is [var link, var target])
            {
                _links[link] = target;
            }
            else
            {
                var name = line.LastIndexOf('/') is var slash && line.IndexOf(':', slash + 1) is var colon ? line[..colon] : "";
                _files[name] = line[(name.Length + 1)..];
            }
        }

        return this;
    }

    /// <summary>Takes a folder or an attribute away.</summary>
    public void Remove(string path)
    {
        foreach (var key in _files.Keys.Concat(_links.Keys).Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)))
        {
            _files.TryRemove(key, out _);
            _links.TryRemove(key, out _);
        }
    }

    public virtual string Read(string path)
    {
        Reads.Enqueue(path);
        if (Faults.TryGetValue(path, out var faults) && faults.TryDequeue(out var fault) && fault is not null)
        {
            throw fault;
        }

        var isThere = _files.TryGetValue(path, out var text);
        if (Later.TryRemove(path, out var later))
        {
            _files[path] = later;
        }

        return isThere ? text! : throw new BusException(BusReasons.NotThere, $"There is no /sys/{path} (ENOENT).");
    }

    public virtual void Write(string path, string text)
    {
        Written.Enqueue((path, text));
        _files[path] = text.TrimEnd('\n');
    }

    public virtual bool Exists(string path) => _files.Keys.Concat(_links.Keys).Any(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal));

    public IReadOnlyList<string> List(string folder) =>
    [
        .. _files.Keys.Concat(_links.Keys)
            .Where(key => key.StartsWith(folder + "/", StringComparison.Ordinal))
            .Select(key => key[(folder.Length + 1)..].Split('/')[0])
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    public string? ReadLink(string path) => _links.GetValueOrDefault(path);
}
