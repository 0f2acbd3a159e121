using System.Globalization;

namespace Gateway.Storage.Queue;

/// <summary>
/// A copy of the boot number beside the database. When a damaged database has to be set aside, the next boot still gets a number
/// that was never used: a number used twice would let a consumer take new readings for duplicates.
/// </summary>
internal static class BootFile
{
    private static readonly DateTimeOffset Epoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The number in the file, 0 if there is none.</summary>
    public static int Read(string folder)
    {
        var path = GetPath(folder);
        return File.Exists(path) && int.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var boot) ? boot : 0;
    }

    /// <summary>Writes the number, in one step. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static void Write(string folder, int boot)
    {
        var path = GetPath(folder);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(boot.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>A number for a boot that cannot write its own down: seconds since 2020, far from all counted ones.</summary>
    public static int Invent(DateTimeOffset now) => (int)Math.Clamp((now - Epoch).TotalSeconds, 1, int.MaxValue);

    private static string GetPath(string folder) => Path.Combine(folder, "boot");
}
