using System.CommandLine;
using Gateway.Hosting;
using Gateway.Linux.Serial;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary><c>gateway init</c>: the first configuration and the first map, from questions or from flags.</summary>
internal sealed class InitCommand
{
    private readonly Option<string> _config = ServiceOptions.CreateConfig();
    private readonly Option<string?> _site = new("--site") { HelpName = "NAME", Description = "The first level of all topics; default: the host name" };
    private readonly Option<string?> _uplink = new("--uplink") { HelpName = "URL", Description = "The broker to send readings to: mqtt, mqtts, ws or wss" };
    private readonly Option<string?> _username = new("--username") { HelpName = "USER", Description = "The uplink's user name" };
    private readonly Option<string?> _passwordFile = new("--password-file") { HelpName = "FILE", Description = "The file that has the uplink's password" };
    private readonly Option<string?> _bus = new("--bus") { HelpName = "KEYS", Description = "The first bus, such as 'modbus: tcp, host: 10.0.0.7'" };
    private readonly Option<string?> _device = new("--device") { HelpName = "KEYS", Description = "Its first device, such as 'name: meter, profile: eastron/sdm630, unit: 1'" };

    private InitCommand()
    {
    }

    public static Command Create()
    {
        var init = new InitCommand();
        var command = new Command("init", "Writes the first configuration and the first device map, with comments: asks on a terminal, or takes flags.")
        {
            init._config, init._site, init._uplink, init._username, init._passwordFile, init._bus, init._device,
        };
        command.SetAction(init.Run);
        return command;
    }

    private int Run(ParseResult arguments)
    {
        var path = arguments.GetRequiredValue(_config);
        var first = FirstConfiguration.Compose(HasAnswers(arguments) ? ReadAnswers(arguments) : Ask(path), path);
        var problems = first.Check(InstalledPlugins.CreateDrivers());
        if (problems.Count > 0)
        {
            foreach (var problem in problems)
            {
                arguments.InvocationConfiguration.Error.WriteLine(problem);
            }

            throw CommandException.Failed("nothing is written: mend what is listed above, and begin again");
        }

        try
        {
            first.Write();
        }
        catch (FirstConfigurationException exception)
        {
            throw CommandException.Failed(exception.Message, exception);
        }

        Tell(arguments.InvocationConfiguration.Output, first, path);
        return ExitCode.Done;
    }

    private static void Tell(TextWriter output, FirstConfiguration first, string path)
    {
        foreach (var file in new[] { first.ConfigurationPath, first.MapPath, first.PasswordPath }.OfType<string>())
        {
            output.WriteLine($"{file} is written");
        }

        var config = path == ServiceOptions.DefaultConfiguration ? "" : $" --config {path}";
        output.WriteLine(path == ServiceOptions.DefaultConfiguration ? "The service takes it up by itself: gateway status" : $"Run it: gateway run{config}");
    }

    private bool HasAnswers(ParseResult arguments) =>
        new[] { _site, _uplink, _username, _passwordFile, _bus, _device }.Any(option => arguments.GetValue(option) is not null);

    private FirstAnswers ReadAnswers(ParseResult arguments)
    {
        var (uplink, bus, device) = (arguments.GetValue(_uplink), arguments.GetValue(_bus), arguments.GetValue(_device));
        if (bus is null != device is null)
        {
            throw CommandException.Usage(bus is null ? "a device hangs on a bus: say --bus, too" : "a bus has a device: say --device, too");
        }

        if (uplink is null && (arguments.GetValue(_username) ?? arguments.GetValue(_passwordFile)) is not null)
        {
            throw CommandException.Usage("user name and password are those of the uplink: say --uplink, too");
        }

        var passwordFile = arguments.GetValue(_passwordFile);
        return new FirstAnswers
        {
            Site = arguments.GetValue(_site) ?? Environment.MachineName,
            Uplink = uplink is null ? null : new FirstUplink(uplink, arguments.GetValue(_username)) { PasswordFile = passwordFile is null ? null : Path.GetFullPath(passwordFile) },
            Bus = bus is null ? null : new FirstBus(ParseKeys("--bus", bus), ParseKeys("--device", device!)),
        };
    }

    private static FirstAnswers Ask(string path)
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
        {
            throw CommandException.Usage("there is no terminal to ask on: say what to write with --site, --uplink, --bus and --device");
        }

        if (FirstConfiguration.IsWritten(path))
        {
            throw CommandException.Failed($"{path} is there already and stays as it is: edit it, or name another with --config");
        }

        var maps = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "devicemaps");
        var sensors = InstalledPlugins.CreateDrivers().First(driver => driver.Schema.Name == "i2c").Schema.NamedProfiles!.Profiles.Keys;
        return new InitQuestions(AnsiConsole.Console, MapsCommand.OpenLibrary(maps), sensors, SerialPortInfo.List()).Ask();
    }

    // As in 'maps add': the inside of a map's braces, with values that have no comma.
    private static KeyValuePair<string, string>[] ParseKeys(string option, string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(each => each.Split(':', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } key, { Length: > 0 } value]
            ? KeyValuePair.Create(key, value)
            : throw CommandException.Usage($"'{each}' in {option} is not a key with its value, such as host: 10.0.0.7")),
    ];
}
