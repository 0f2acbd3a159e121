using System.Security.Cryptography;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>Random bytes that a broker keeps to itself.</summary>
internal static class LoginSecret
{
    private const int Length = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What the file holds; it is made, or replaced where it is damaged. Null, or a file that cannot be had: new ones.</summary>
    public static byte[] Load(string? path)
    {
        var made = RandomNumberGenerator.GetBytes(Length);
        if (path is null)
        {
            return made;
        }

        try
        {
            if (File.Exists(path) && File.ReadAllBytes(path) is { Length: Length } kept)
            {
                return kept;
            }

            Write(path, made);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A disk that is full or read-only does not keep anybody from logging in.
        }

        return made;
    }

    // As a whole or not at all: a power cut leaves no half of it.
    private static void Write(string path, byte[] secret)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(secret);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
