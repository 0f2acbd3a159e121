using System.Text.RegularExpressions;

namespace Gateway.Hosting;

/// <summary>Where a gateway keeps its state, found without understanding its configuration: that may be broken.</summary>
internal static partial class DataFolder
{
    /// <summary>The folder of an installed service.</summary>
    public const string Default = "/var/lib/gateway";

    /// <summary>The socket below a data folder through which the running service answers.</summary>
    public static string SocketPath(string dataFolder) => Path.Combine(dataFolder, "gateway.sock");

    /// <summary>The file with the local broker's retained messages and sessions below a data folder.</summary>
    public static string BrokerPath(string dataFolder) => Path.Combine(dataFolder, "broker.db");

    /// <summary>The file with the secret that makes who is no user of the local broker look like one.</summary>
    public static string LoginSecretPath(string dataFolder) => Path.Combine(dataFolder, "login-secret");

    /// <summary>The folder of the offline queue below a data folder.</summary>
    public static string BridgePath(string dataFolder) => Path.Combine(dataFolder, "bridge");

    /// <summary>The file of what values were, for the page's charts.</summary>
    public static string HistoryPath(string dataFolder) => Path.Combine(dataFolder, "history.db");

    /// <summary>The folder of the offline queue.</summary>
    public static string QueuePath(string dataFolder) => Path.Combine(dataFolder, "queue");

    /// <summary>What <c>data</c> of a configuration says, absolute; the default if there is none or the file cannot be read.</summary>
    public static string Find(string configurationPath)
    {
        try
        {
            var text = File.ReadAllText(configurationPath);
            var data = text.TrimStart().StartsWith('{') ? DataInBraces() : DataLine();
            if (data.Match(text) is { Success: true } match)
            {
                var folder = Path.GetDirectoryName(Path.GetFullPath(configurationPath))!;
                return Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(folder, match.Groups["path"].Value)));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or RegexMatchTimeoutException)
        {
            // Without a readable configuration the default is as good a guess as any.
        }

        return Default;
    }

    [GeneratedRegex("""^(?<key>["']?)data\k<key>[ \t]*:[ \t]+(?<quote>["']?)(?<path>[^"'#\s][^"'#\r\n]*?)\k<quote>[ \t]*(?:#.*)?\r?$""", RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DataLine();

    // As programs write it: JSON is YAML too.
    [GeneratedRegex("""[{,]\s*(?<key>["']?)data\k<key>\s*:\s*(?<quote>["']?)(?<path>[^"',}#\s][^"',}#]*?)\s*\k<quote>\s*[,}]""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DataInBraces();
}
