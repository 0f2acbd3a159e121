using System.Globalization;
using Gateway.Shared;

namespace Gateway.Commands.Doctor;

/// <summary>The user that the package runs the service as, and what it may read.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Groups">The numbers of its groups.</param>
internal sealed record ServiceUser(uint Id, IReadOnlySet<uint> Groups)
{
    /// <summary>Its name.</summary>
    public const string Name = "gateway";

    /// <summary>The user; null: this machine has none of that name.</summary>
    public static ServiceUser? Find(Patient patient)
    {
        if (ReadLines(patient, "etc/passwd").Find(fields => fields is [Name, _, _, _, ..]) is not { } user || !TryParse(user[2], out var id) || !TryParse(user[3], out var group))
        {
            return null;
        }

        var others = ReadLines(patient, "etc/group").Where(fields => fields is [_, _, _, var members, ..] && members.Split(',').Contains(Name));
        return new ServiceUser(id, others.Select(fields => TryParse(fields[2], out var other) ? other : group).Append(group).ToHashSet());
    }

    /// <summary>The file, or a folder above it, that keeps the user from reading a file; null: nothing does, or it cannot be said.</summary>
    public string? FindHindrance(string file)
    {
        for (var folder = Path.GetDirectoryName(file); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (!May(folder, UnixFileMode.UserExecute, UnixFileMode.GroupExecute, UnixFileMode.OtherExecute))
            {
                return folder;
            }
        }

        return May(file, UnixFileMode.UserRead, UnixFileMode.GroupRead, UnixFileMode.OtherRead) ? null : file;
    }

    // The first that fits decides, as the kernel has it.
    private bool May(string path, UnixFileMode asOwner, UnixFileMode asGroup, UnixFileMode asOther) =>
        FileOwner.Find(path) is not { } owner
        || (File.GetUnixFileMode(path) & (owner.User == Id ? asOwner : Groups.Contains(owner.Group) ? asGroup : asOther)) != 0;

    private static bool TryParse(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static List<string[]> ReadLines(Patient patient, string file)
    {
        try
        {
            return [.. File.ReadLines(patient.At(file)).Select(line => line.Split(':'))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
