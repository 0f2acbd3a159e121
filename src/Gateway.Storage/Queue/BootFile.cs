using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Storage.Queue;

/// <summary>
/// A copy of the boot number beside the database. When a damaged database has to be set aside, the next boot still gets a number
/// that was never used: a number used twice would let a consumer take new readings for duplicates.
/// </summary>
internal static class BootFile
{
    private const int FirstInvented = 1_000_000_000;
    private const int LastInvented = 2_000_000_000;
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The number in the file, 0 if there is none.</summary>
    public static int Read(string folder)
    {
        var path = GetPath(folder);
        return File.Exists(path) && int.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out var boot) ? boot : 0;
    }

    /// <summary>Writes the number, in one step. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static void Write(string folder, int boot) =>
        DurableFile.Replace(GetPath(folder), System.Text.Encoding.ASCII.GetBytes(boot.ToString(CultureInfo.InvariantCulture)));

    /// <summary>
    /// A number for the first boot in a folder: another one than that of a folder that was there before, and is lost. The seconds since 2026, since no gateway starts
    /// as often as that; where nobody knows the time, as <see cref="Invent"/>.
    /// </summary>
    public static int First(DateTimeOffset? now) => now - Epoch is { TotalSeconds: >= 1 and < FirstInvented } since ? (int)since.TotalSeconds : Invent();

    /// <summary>A number for a boot that cannot write its own down: by chance, since the clock may be wrong, and far from all counted ones.</summary>
    public static int Invent() => RandomNumberGenerator.GetInt32(FirstInvented, LastInvented);

    private static string GetPath(string folder) => Path.Combine(folder, "boot");
}
