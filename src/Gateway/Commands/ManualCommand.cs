using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using System.Text;

namespace Gateway.Commands;

/// <summary><c>gateway manual</c>: the manual page, made from the verbs. The package's build calls it.</summary>
internal static class ManualCommand
{
    public static Command Create()
    {
        var command = new Command("manual", "Prints the manual page, for man -l -.");
        command.SetAction(arguments => arguments.InvocationConfiguration.Output.Write(Write((RootCommand)arguments.RootCommandResult.Command)));
        return command;
    }

    /// <summary>The page in roff's man macros.</summary>
    internal static string Write(RootCommand root)
    {
        var version = typeof(ManualCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var page = new StringBuilder($"""
            .TH GATEWAY 1 "" "gateway {version}" "User Commands"
            .SH NAME
            gateway \- turns wired hardware into MQTT
            .SH SYNOPSIS
            .B gateway
            .I VERB
            [\fIOPTIONS\fR]
            .SH DESCRIPTION
            Polls sensors over GPIO, I2C, SPI, 1-Wire, serial lines and Modbus, maps what they say to topics by files that are edited by hand, and
            publishes it through an MQTT client of its own, with a queue on the disk for the time in which the broker is away, and a local broker
            that serves whoever is on site.
            .SH VERBS

            """);
        foreach (var verb in Leaves(root))
        {
            WriteVerb(page, verb);
        }

        return page.Append("""
            .SH EXIT STATUS
            .TP
            .B 0
            Done.
            .TP
            .B 1
            The answer is no, or the input is invalid.
            .TP
            .B 2
            Wrong usage.
            .SH ENVIRONMENT
            .TP
            .B GATEWAY_UPLINK_PASSWORD
            The password of the uplink; any other secret of the configuration by its key's path in capitals.
            .SH FILES
            .TP
            .I /etc/gateway/gateway.yaml
            The configuration; an empty file is a valid one.
            .TP
            .I /etc/gateway/devicemaps
            Device maps, and profiles of one's own in its library folder.
            .TP
            .I /usr/share/gateway/devicemaps
            The device library.
            .TP
            .I /var/lib/gateway
            The queue and other state.
            .SH SEE ALSO
            .BR systemctl (1),
            .BR mosquitto_sub (1)

            """).ToString();
    }

    private static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.Where(each => !each.Hidden).SelectMany(each => each.Subcommands.Count > 0 ? Leaves(each) : [each]);

    private static void WriteVerb(StringBuilder page, Command verb)
    {
        page.Append(".SS ").Append(Escape($"gateway {Examples.NameOf(verb)} {string.Join(' ', verb.Arguments.Select(Describe))}".TrimEnd())).Append('\n');
        page.Append(Escape(verb.Description ?? "")).Append('\n');
        foreach (var argument in verb.Arguments)
        {
            WriteItem(page, argument.HelpName ?? argument.Name, argument.Description);
        }

        foreach (var option in verb.Options.Where(option => !option.Hidden && option is not HelpOption))
        {
            var names = option.Aliases.Where(alias => alias.Length == 2).Append(option.Name);
            WriteItem(page, $"{string.Join(", ", names)}{(option.HelpName is { } value ? $" {value}" : "")}", option.Description);
        }

        foreach (var example in Examples.Of(verb))
        {
            page.Append(".PP\nExample: ").Append(Escape(example.Effect)).Append(".\n.PP\n.RS\n.nf\n").Append(Escape(example.Line)).Append("\n.fi\n.RE\n");
        }
    }

    private static string Describe(Argument argument)
    {
        var name = argument.HelpName ?? argument.Name;
        var repeated = argument.Arity.MaximumNumberOfValues > 1 ? name + "..." : name;
        return argument.Arity.MinimumNumberOfValues == 0 || argument.HasDefaultValue ? $"[{repeated}]" : repeated;
    }

    private static void WriteItem(StringBuilder page, string name, string? description) =>
        page.Append(".TP\n.B ").Append(Escape(name)).Append('\n').Append(Escape(description ?? "")).Append('\n');

    // A dash is a hyphen to roff unless it is escaped, and a line that begins with a dot or a quote is a request.
    private static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
