using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps;
using Gateway.DeviceMaps.Files;
using Gateway.Mqtt.Broker.Access;

namespace Gateway.Runtime.Configuration;

/// <summary>Reads the file that <c>broker.acl</c> names: who may read, write and subscribe which topics.</summary>
internal sealed class AclReader(ISourceFiles files, ICollection<Diagnostic> diagnostics)
{
    /// <summary>The keys under a name, and what each means.</summary>
    private static readonly (string Key, AclAccess Access, bool IsDenied, string Description)[] Keys =
    [
        ("read", AclAccess.Read, false, "Topics that may be subscribed and received."),
        ("write", AclAccess.Write, false, "Topics that may be published to."),
        ("subscribe", AclAccess.Subscribe, false, "Filters that may be subscribed, though only what 'read' allows is received through them."),
        ("all", AclAccess.All, false, "Topics that may be read and written."),
        ("deny-read", AclAccess.Read, true, "Topics that may not be subscribed or received, whatever is allowed elsewhere."),
        ("deny-write", AclAccess.Write, true, "Topics that may not be published to, whatever is allowed elsewhere."),
        ("deny-subscribe", AclAccess.Subscribe, true, "Filters that may not be subscribed, whatever is allowed elsewhere."),
        ("deny", AclAccess.All, true, "Topics that may be neither read nor written, whatever is allowed elsewhere."),
    ];

    private static readonly SectionSchema Rules = new()
    {
        Name = "the rules of a name",
        Keys = [.. Keys.Select(key => new KeySchema { Name = key.Key, Type = KeyType.TextList, Description = key.Description, Example = "[\"plant1/#\"]" })],
        Instead = new Dictionary<string, string>
        {
            ["readwrite"] = "use 'all'",
            ["publish"] = "use 'write'",
            ["topic"] = "write read, write, subscribe or all, for example read: [\"plant1/#\"]",
            ["allow"] = "write read, write, subscribe or all, for example read: [\"plant1/#\"]",
        },
    };

    private static readonly SectionSchema Schema = new()
    {
        Name = "the access list",
        Keys =
        [
            new() { Name = "everyone", Type = KeyType.Section, Section = Rules, Description = "What every client may do." },
            new() { Name = "anonymous", Type = KeyType.Section, Section = Rules, Description = "What clients without a user name may do beside." },
            new() { Name = "users", Type = KeyType.SectionMap, Section = Rules, Description = "What each user may do beside.", Example = "{ ann: { read: [\"plant1/#\"] } }" },
        ],
    };

    /// <summary>The rules of a file, which may be none: then nobody may do anything.</summary>
    public IReadOnlyList<AclRule> Read(string path)
    {
        var rules = new List<AclRule>();
        if (SettingsFile.Read(files, path, Schema, diagnostics) is not { } settings)
        {
            return rules;
        }

        Read(settings.Get<Settings>("everyone"), AclSubject.Everyone, rules);
        Read(settings.Get<Settings>("anonymous"), AclSubject.Anonymous, rules);
        if (settings.TryGet<IReadOnlyDictionary<string, Settings>>("users", out var users))
        {
            foreach (var (name, section) in users)
            {
                Read(section, AclSubject.User(name), rules);
            }
        }

        return rules;
    }

    private void Read(Settings section, AclSubject subject, List<AclRule> rules)
    {
        foreach (var (key, access, isDenied, _) in Keys)
        {
            foreach (var pattern in section.TryGet<IReadOnlyList<string>>(key, out var patterns) ? patterns : [])
            {
                if (AclRule.Refuse(pattern) is { } reason)
                {
                    diagnostics.Add(Diagnostic.Error(section.Locate(key), $"'{pattern}' is not a topic pattern: {reason}"));
                }
                else
                {
                    rules.Add(new AclRule(subject, access, pattern, isDenied));
                }
            }
        }
    }
}
