using System.Text;
using System.Text.RegularExpressions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Hosting;

/// <summary>
/// The first <c>gateway.yaml</c>, with a comment at each line, and the first device map, made from a few answers. Nothing that somebody wrote is
/// overwritten; a configuration of nothing but comments, as the package has it, counts as none.
/// </summary>
internal sealed partial class FirstConfiguration
{
    /// <summary>The file beside the configuration that has the uplink's password.</summary>
    public const string PasswordFileName = "uplink.password";

    // For the owner and the folder's group: in /etc/gateway that is the service's.
    private const UnixFileMode SecretMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode OpenMode = SecretMode | UnixFileMode.OtherRead;

    private static readonly string[] SchemaFolders = ["/usr/share/gateway/devicemaps/schema", Path.Combine(AppContext.BaseDirectory, "devicemaps", "schema")];

    private FirstConfiguration(string configurationPath) => ConfigurationPath = configurationPath;

    /// <summary>Where the configuration will be, absolute.</summary>
    public string ConfigurationPath { get; }

    /// <summary>The configuration.</summary>
    public required string Configuration { get; init; }

    /// <summary>Where the map will be, absolute; null: there is none.</summary>
    public string? MapPath { get; private init; }

    /// <summary>The map; null: there is none.</summary>
    public string? Map { get; private init; }

    /// <summary>Where the password will be, absolute; null: there is none.</summary>
    public string? PasswordPath { get; private init; }

    private string? Password { get; init; }

    /// <summary>Makes the texts. Reads and writes nothing.</summary>
    /// <param name="answers">What was said; it may be wrong, which <see cref="Check"/> finds.</param>
    /// <param name="configurationPath">The configuration; map and password go beside it.</param>
    /// <param name="keepsData">Whether state stays where it is without a configuration: a service that runs there would have to be started anew for another place.</param>
    public static FirstConfiguration Compose(FirstAnswers answers, string configurationPath, bool keepsData = false)
    {
        var path = Path.GetFullPath(configurationPath);
        var folder = Path.GetDirectoryName(path)!;
        var password = answers.Uplink?.Password;
        return new FirstConfiguration(path)
        {
            Configuration = ComposeConfiguration(answers, keepsData || folder == "/etc/gateway"),
            MapPath = answers.Bus is { } bus ? Path.Combine(folder, "devicemaps", FileNameOf(bus)) : null,
            Map = answers.Bus is { } first ? ComposeMap(first) : null,
            PasswordPath = password is null ? null : Path.Combine(folder, PasswordFileName),
            Password = password,
        };
    }

    /// <summary>Whether there is a configuration that says more than comments.</summary>
    public static bool IsWritten(string configurationPath) =>
        File.Exists(configurationPath) && File.ReadLines(configurationPath).Any(line => line.TrimStart() is not ("" or ['#', ..]));

    /// <summary>Whether files can be written beside the configuration; tried, since permissions alone do not tell of a service's sandbox.</summary>
    public static bool CanWriteBeside(string configurationPath)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(configurationPath))!;
        try
        {
            using var tried = new FileStream(
                Path.Combine(folder, $".{Path.GetRandomFileName()}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>What is wrong with the texts, as <c>gateway check</c> would say it once they are written; empty if nothing is.</summary>
    /// <param name="drivers">The drivers that maps may name.</param>
    public IReadOnlyList<Diagnostic> Check(IReadOnlyList<IDriver> drivers)
    {
        var texts = Files.ToDictionary(file => file.Path, file => file.Text);
        var read = new ConfigurationReader(drivers).Read(ConfigurationPath, new OverlaidFiles(texts));

        // Other maps that are there already are not what was answered.
        return [.. read.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error && texts.ContainsKey(Path.GetFullPath(found.Location.File)))];
    }

    /// <summary>Writes the files, the configuration last, each as a whole: a power cut leaves none or all of one.</summary>
    /// <exception cref="FirstConfigurationException">A file is there already, or the folder cannot be written to.</exception>
    public void Write()
    {
        if (Files.Select(file => file.Path).FirstOrDefault(IsTaken) is { } taken)
        {
            throw new FirstConfigurationException($"{taken} is there already and stays as it is: edit it, or move it away");
        }

        var written = new List<string>();
        try
        {
            foreach (var file in Files)
            {
                Write(file);
                written.Add(file.Path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            written.ForEach(File.Delete);
            throw new FirstConfigurationException($"{Path.GetDirectoryName(ConfigurationPath)} cannot be written to: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private IEnumerable<FirstFile> Files
    {
        get
        {
            if (PasswordPath is not null)
            {
                yield return new(PasswordPath, Password + "\n", SecretMode);
            }

            if (MapPath is not null)
            {
                yield return new(MapPath, Map!, OpenMode);
            }

            yield return new(ConfigurationPath, Configuration, OpenMode);
        }
    }

    private void Write(FirstFile file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        var unfinished = file.Path + ".new";
        File.Delete(unfinished);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = file.Mode };
            using (var stream = new FileStream(unfinished, options))
            {
                stream.Write(Encoding.UTF8.GetBytes(file.Text));
                stream.Flush(flushToDisk: true);
            }

            // Where nothing but comments was, that goes; where somebody wrote meanwhile, it stays.
            File.Move(unfinished, file.Path, overwrite: !IsTaken(file.Path));
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private bool IsTaken(string path) => path == ConfigurationPath ? IsWritten(path) : File.Exists(path);

    private static string ComposeConfiguration(FirstAnswers answers, bool keepsData)
    {
        var text = new StringBuilder();
        AppendSchema(text, "configuration");
        text.Append($"""
            # The gateway's configuration. What is commented out is not needed; the README has every key with its default.
            # After a change: gateway check. The running service takes it up by itself.

            # The first level of all topics.
            site: {YamlText.OfText(answers.Site)}

            # Each *.yaml in this folder is a map: a bus and its devices.
            {(answers.Bus is null ? "# " : "")}devicemaps: devicemaps

            # Where the queue and other state are kept.
            {(keepsData ? "# data: /var/lib/gateway" : "data: data")}

            # The broker that readings are sent to. While it is away they wait on the disk; without one, the local broker is all there is.

            """);
        AppendUplink(text, answers.Uplink);
        return text.Append("""

            # What becomes of readings while the uplink is away.
            # queue:
            #   max-size: 1 GB
            #   max-age: 30 d
            #   full: drop-oldest               # drop-newest, thin-out, or block

            # The local broker, for whoever is on site. To listen beyond this machine it needs users, made by: gateway passwd users NAME
            # broker:
            #   listen: [mqtt://127.0.0.1:1883]

            # The page.
            # web:
            #   listen: http://127.0.0.1:8080

            """).ToString();
    }

    private static void AppendUplink(StringBuilder text, FirstUplink? uplink)
    {
        if (uplink is null)
        {
            text.Append("""
                # uplink:
                #   url: mqtts://192.168.1.10:8883  # mqtts, mqtt, ws, wss; a list is a fail-over order
                #   username: plant1
                #   password-file: uplink.password

                """);
            return;
        }

        text.Append($"uplink:\n  url: {YamlText.OfText(uplink.Url)}\n");
        if (uplink.Username is { } user)
        {
            text.Append($"  username: {YamlText.OfText(user)}\n");
        }

        if ((uplink.Password is null ? uplink.PasswordFile : PasswordFileName) is { } file)
        {
            text.Append($"  password-file: {YamlText.OfText(file)}\n");
        }

        text.Append("  # qos: 1                            # 0 at most once, 1 at least once, 2 exactly once\n");
        text.Append("  # tls: { ca: ca.pem }               # for mqtts: whom to trust beside those whom the system does\n");
    }

    private static string ComposeMap(FirstBus bus)
    {
        var text = new StringBuilder();
        AppendSchema(text, "map");
        text.Append($"""
            # A bus and its devices. More devices go below the first, another bus after a line of three dashes.
            bus: {YamlText.OfMap(bus.Keys)}
            devices:

            """);
        for (var i = 0; i < bus.Device.Count; i++)
        {
            var (key, value) = bus.Device[i];
            text.Append($"  {(i == 0 ? "-" : " ")} {YamlText.OfText(key)}: {(key == "name" ? YamlText.OfText(value) : YamlText.OfValue(value))}\n");
        }

        if (bus.Points.Count > 0)
        {
            text.Append("    points:\n");
        }

        foreach (var (name, keys) in bus.Points)
        {
            text.Append($"      {YamlText.OfText(name)}: {YamlText.OfMap(keys)}\n");
        }

        return text.ToString();
    }

    // Editors that know the language server complete and check what is typed.
    private static void AppendSchema(StringBuilder text, string kind)
    {
        if (SchemaFolders.Select(folder => Path.Combine(folder, kind + ".schema.json")).FirstOrDefault(File.Exists) is { } schema)
        {
            text.Append($"# yaml-language-server: $schema={schema}\n");
        }
    }

    private static string FileNameOf(FirstBus bus) => $"{Unusual().Replace(bus.DeviceName ?? "", "-").Trim('-') switch { "" => "first", var name => name }}.yaml";

    [GeneratedRegex("[^A-Za-z0-9_-]+")]
    private static partial Regex Unusual();

    private sealed record FirstFile(string Path, string Text, UnixFileMode Mode);
}
