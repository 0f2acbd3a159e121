using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Sysfs;

/// <summary>
/// Attributes that the kernel shows as files, by their paths below a mount point. A read may block while a driver of the kernel
/// measures: calls belong on the thread that owns the bus.
/// </summary>
public interface ISysfs
{
    /// <summary>What an attribute says, without the line break at its end; at most 64 KiB.</summary>
    /// <exception cref="BusException">It cannot be read. <see cref="BusReasons.NotThere"/>: there is no such attribute.</exception>
    string Read(string path);

    /// <summary>Writes an attribute.</summary>
    /// <exception cref="BusException">It cannot be written.</exception>
    void Write(string path, string text);

    /// <summary>Whether there is such an attribute or folder.</summary>
    bool Exists(string path);

    /// <summary>The names in a folder, sorted; none if it is not there.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>What a link says, as it is written; null if it is none.</summary>
    string? ReadLink(string path);
}
