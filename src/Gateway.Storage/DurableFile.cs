namespace Gateway.Storage;

/// <summary>Small files that are written as a whole and that a power cut leaves whole. Members throw <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.</summary>
public static class DurableFile
{
    /// <summary>Writes a file anew and returns once the disk has it. A power cut meanwhile leaves a part.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All that it is to hold.</param>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var stream = File.Create(path);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Puts another content into the place of a file in one step: a power cut leaves the old or the new one.</summary>
    /// <param name="path">The file, whether or not it is there; <c>path.new</c> is written beside it.</param>
    /// <param name="content">All that it is to hold.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        // Renamed before its content is there, the name would lead to an empty file.
        Write(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }
}
