using System.Text;
using Gateway.Mqtt.Authentication;
using Gateway.Shared;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// The file of users and their credentials: a line <c>user:credentials</c> each (see <see cref="StoredPassword"/>); empty lines
/// and lines that begin with <c>#</c> are kept and ignored.
/// </summary>
public static class UsersFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // A service reads its files as a group: in a folder with the set-group-ID bit a new file has the folder's.
    private const UnixFileMode OwnerAndGroup = OwnerOnly | UnixFileMode.GroupRead;

    /// <summary>
    /// Adds a user or gives it a new password. The file is replaced as a whole, so that a reader sees the old or the
    /// new one. A new file may be read by its owner and its group; one that is there keeps its mode and, where the caller
    /// may give it away, its owner and its group.
    /// </summary>
    /// <exception cref="ArgumentException">The user name is empty, or holds a colon or a control character; or the password is empty or holds one.</exception>
    /// <exception cref="MqttBrokerException">The file exists and cannot be understood.</exception>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void Set(string path, string user, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(password);
        if (string.IsNullOrEmpty(user) || user[0] == '#' || user.Any(c => c == ':' || char.IsControl(c)))
        {
            throw new ArgumentException("A user name has at least one character, does not begin with # and holds no colon.", nameof(user));
        }

        var line = $"{user}:{ScramCredentials.Create(password)}";
        List<string> lines = File.Exists(path) ? [.. File.ReadAllLines(path)] : [];
        var place = lines.FindIndex(l => l.StartsWith(user + ":", StringComparison.Ordinal));
        if (place < 0)
        {
            lines.Add(line);
        }
        else
        {
            lines[place] = line;
        }

        Parse(path, lines);
        Replace(path, lines);
    }

    /// <summary>Null when a file can be used; else a sentence that begins with its name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="open">Opens a file. Default: the disk's.</param>
    public static string? Check(string path, Func<string, Stream>? open = null)
    {
        try
        {
            using var reader = new StreamReader((open ?? File.OpenRead)(path));
            var lines = new List<string>();
            while (reader.ReadLine() is { } line)
            {
                lines.Add(line);
            }

            Parse(path, lines);
            return null;
        }
        catch (MqttBrokerException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read; check its owner and its mode.";
        }
    }

    /// <summary>The users and what is stored of their passwords.</summary>
    /// <exception cref="MqttBrokerException">A line cannot be understood; the message names file and line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static Dictionary<string, StoredPassword> Read(string path) => Parse(path, File.ReadAllLines(path));

    private static Dictionary<string, StoredPassword> Parse(string path, IReadOnlyList<string> lines)
    {
        var users = new Dictionary<string, StoredPassword>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            if (string.IsNullOrWhiteSpace(line) || line[0] == '#')
            {
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || !StoredPassword.TryParse(line[(colon + 1)..], out var stored))
            {
                throw new MqttBrokerException($"{path}:{i + 1}: expected user:hash as `gateway passwd` writes it.");
            }

            if (!users.TryAdd(line[..colon], stored))
            {
                throw new MqttBrokerException($"{path}:{i + 1}: the user \"{line[..colon]}\" is there twice; remove one of the lines.");
            }
        }

        return users;
    }

    private static void Replace(string path, List<string> lines)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
                GiveRights(temporary, path);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // The owner first: giving a file away may take bits from its mode.
    private static void GiveRights(string file, string replaced)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var isThere = File.Exists(replaced);
        if (isThere && FileOwner.Find(replaced) is { } owner)
        {
            owner.TryGive(file);
        }

        File.SetUnixFileMode(file, isThere ? File.GetUnixFileMode(replaced) : OwnerAndGroup);
    }
}
