namespace Gateway.Commands.Doctor;

/// <summary>Files of passwords, keys and users that every user of the machine may read.</summary>
internal static class OpenSecrets
{
    // What people write for all to see; of the other files that a configuration names, certificates alone are no secret.
    private static readonly string[] Texts = [".yaml", ".yml", ".js", ".json", ".csv"];

    // A chain of certificates has a few kilobytes.
    private const int LongestHead = 64 * 1024;

    /// <summary>Their absolute paths, in ordinal order.</summary>
    public static string[] Find(Patient patient)
    {
        var keys = ModbusTlsFiles.Of(patient.Configuration.Buses).Select(bus => bus.Key).OfType<string>().Select(Path.GetFullPath);
        var named = patient.Files.Where(file => !Texts.Contains(Path.GetExtension(file)) && file != Path.GetFullPath(patient.ConfigurationPath));
        return [.. FindByName(patient.ConfigurationPath).Concat(named).Concat(keys).Distinct().Where(IsOpen).Where(file => !IsCertificate(file)).Order(StringComparer.Ordinal)];
    }

    // A broken configuration does not say which files it would read.
    private static IEnumerable<string> FindByName(string configurationPath)
    {
        try
        {
            return [.. new DirectoryInfo(Path.GetDirectoryName(Path.GetFullPath(configurationPath))!).EnumerateFiles()
                .Where(file => file.Extension is ".password" or ".key" || file.Name == "users")
                .Select(file => file.FullName)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // All folders on the way have to let others through.
    private static bool IsOpen(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var isOpen = file.Exists && (file.UnixFileMode & UnixFileMode.OtherRead) != 0;
            for (var folder = file.Directory; isOpen && folder is not null; folder = folder.Parent)
            {
                isOpen = (folder.UnixFileMode & UnixFileMode.OtherExecute) != 0;
            }

            return isOpen;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsCertificate(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var head = new char[LongestHead];
            var text = head.AsSpan(0, reader.ReadBlock(head));
            return text.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) && !text.Contains("PRIVATE KEY-----", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
