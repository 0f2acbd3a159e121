using System.CommandLine;
using Gateway.Hosting;

namespace Gateway.Commands;

/// <summary>The options of verbs that concern a service: which one, and how to print.</summary>
internal sealed class ServiceOptions
{
    /// <summary>Where the configuration of an installed service is.</summary>
    public const string DefaultConfiguration = "/etc/gateway/gateway.yaml";

    private readonly Option<string?> _data = new("--data") { HelpName = "DIR", Description = "The service's data folder; default: what the configuration says" };

    /// <summary><c>--config FILE</c></summary>
    public Option<string> Config { get; } = CreateConfig();

    /// <summary><c>--json</c></summary>
    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON" };

    /// <summary>A fresh <c>--config FILE</c>.</summary>
    public static Option<string> CreateConfig() => new("--config", "-c")
    {
        HelpName = "FILE",
        Description = "The configuration",
        DefaultValueFactory = _ => DefaultConfiguration,
    };

    /// <summary>Adds the options to a verb.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="hasJson">Whether it can print JSON instead.</param>
    public void AddTo(Command command, bool hasJson = true)
    {
        command.Add(Config);
        command.Add(_data);
        if (hasJson)
        {
            command.Add(Json);
        }
    }

    /// <summary>The data folder of the service that is meant.</summary>
    public string FindDataFolder(ParseResult arguments) => arguments.GetValue(_data) ?? DataFolder.Find(arguments.GetRequiredValue(Config));
}
