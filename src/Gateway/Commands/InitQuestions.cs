using System.Globalization;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.OneWire;
using Gateway.Hosting;
using Gateway.Linux.Serial;
using Gateway.Linux.Sysfs;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary>The questions of <c>gateway init</c>: what is found on the machine is offered, the rest is asked for.</summary>
/// <param name="console">Where to ask.</param>
/// <param name="library">The profiles that are offered.</param>
/// <param name="sensors">The sensors on I2C that are offered.</param>
/// <param name="ports">The serial ports that are offered.</param>
internal sealed class InitQuestions(IAnsiConsole console, ProfileLibrary library, IEnumerable<string> sensors, IReadOnlyList<SerialPortInfo> ports)
{
    private const string Another = "another";

    private static readonly string[] Parities = ["none", "even", "odd"];
    private static readonly string[] Tables = ["holding", "input", "coil", "discrete"];

    /// <summary>Asks everything.</summary>
    public FirstAnswers Ask()
    {
        var site = console.Prompt(new TextPrompt<string>("The name of this site, the first level of all topics:")
            .DefaultValue(Environment.MachineName)
            .Validate(name => TopicLevel.Refuse(name) is { } reason ? ValidationResult.Error(reason) : ValidationResult.Success()));
        return new FirstAnswers { Site = site, Uplink = AskForUplink(), Bus = AskForBus() };
    }

    private FirstUplink? AskForUplink()
    {
        var url = AskOptional("The broker to send readings to, such as mqtt://192.168.1.10:1883; empty: only the local one:");
        if (url is null)
        {
            return null;
        }

        var user = AskOptional("Its user name; empty: none:");
        var password = user is null ? "" : console.Prompt(new TextPrompt<string>("Its password; empty: none:").Secret().AllowEmpty());
        return new FirstUplink(url.Contains("://", StringComparison.Ordinal) ? url : $"mqtt://{url}", user) { Password = password.Length > 0 ? password : null };
    }

    private FirstBus? AskForBus() => Choose("What hangs on this machine first?", new Dictionary<string, Func<FirstBus?>>
    {
        ["a Modbus device on a serial line (RS-485)"] = AskForModbusRtu,
        ["a Modbus device in the network (TCP)"] = AskForModbusTcp,
        ["a sensor on I2C"] = AskForI2c,
        ["a thermometer on 1-Wire"] = AskForOneWire,
        ["nothing: this machine itself, its temperature and load"] = () => new FirstBus(Keys(("sysfs", "/sys")), Keys(("name", "machine"), ("class", "system"), ("every", "10 s"))),
        ["nothing: a simulated device"] = () => new FirstBus(Keys(("simulated", "true")), Keys(("name", "weather"), ("every", "1 s")))
        {
            Points = [new("temperature", Keys(("unit", "°C"), ("simulate", "sine(5, 25, 10 min)")))],
        },
        ["nothing yet: maps are written by hand"] = () => null,
    })();

    private FirstBus AskForModbusRtu()
    {
        var offered = ports.Select(port => port.ById ?? port.Path).Append(Another).ToArray();
        var port = offered.Length > 1 ? Choose("Its serial port:", offered) : Another;
        return AskForModbusDevice(Keys(
            ("modbus", "rtu"),
            ("port", port == Another ? Ask("The path of its serial port:", "/dev/ttyUSB0") : port),
            ("baud", Ask("Its baud rate:", "9600")),
            ("parity", Choose("Its parity:", Parities))));
    }

    private FirstBus AskForModbusTcp() => AskForModbusDevice(Keys(
        ("modbus", "tcp"), ("host", console.Prompt(new TextPrompt<string>("Its name or address:"))), ("port", Ask("Its port:", "502"))));

    private FirstBus AskForModbusDevice(KeyValuePair<string, string>[] bus)
    {
        const string byHand = "none of these: I know a register";
        var profiles = library.List().Select(library.Describe).OfType<ProfileDescription>().Where(profile => profile.Driver == "modbus");
        var found = Choose("What is it? Type to search.", profiles.ToDictionary(profile => $"{profile.Name}  {profile.Description}", profile => profile.Name).Prepend(new(byHand, byHand)));
        var name = Ask("The device's name, the second level of its topics:", found == byHand ? "device" : found[(found.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        var device = Keys(("name", name), ("profile", found), ("unit", Ask("Its unit id:", "1")), ("every", Ask("The time between two reads:", "5 s")));
        if (found != byHand)
        {
            return new FirstBus(bus, device);
        }

        var kind = Choose("In which table is the register?", Tables);
        var point = Keys((kind, Ask("Its address, counted from 0:", "0")));
        return new FirstBus(bus, [.. device.Where(key => key.Key != "profile")]) { Points = [new(Ask("The name of the point, the third level of its topic:", "value"), point)] };
    }

    private FirstBus AskForI2c()
    {
        var bus = Ask("The number of the adapter, 1 on the pins of a Raspberry Pi:", "1");
        var sensor = Choose("Which sensor? Type to search.", sensors.Order(StringComparer.Ordinal));
        var address = AskOptional("Its address, such as 0x76; empty: the usual one ('gateway scan i2c' finds it):");
        var device = Keys(("name", Ask("The device's name, the second level of its topics:", sensor)), ("sensor", sensor), ("address", address ?? ""), ("every", "30 s"));
        return new FirstBus(Keys(("i2c", bus)), [.. device.Where(key => key.Value.Length > 0)]);
    }

    private FirstBus AskForOneWire()
    {
        var found = OneWireScanner.Scan(new SysfsTree("/sys")).Where(find => find.Sensor is not null).ToArray();
        var find = found.Length == 0 ? null : Choose("Which thermometer?", found.ToDictionary(each => $"{each.Id}  {each.Temperature} °C"));
        return new FirstBus(
            Keys(("onewire", find?.Bus.ToString(CultureInfo.InvariantCulture) ?? "1")),
            Keys(
                ("name", Ask("The device's name, the second level of its topics:", "thermometer")),
                ("sensor", find?.Sensor ?? "ds18b20"),
                ("id", find?.Id ?? Ask("Its id, as 'gateway scan onewire' shows it:", "28-000000000000")),
                ("every", "10 s")));
    }

    private string Ask(string question, string usual) => console.Prompt(new TextPrompt<string>(question).DefaultValue(usual));

    private string? AskOptional(string question) =>
        console.Prompt(new TextPrompt<string>(question).AllowEmpty()).Trim() is { Length: > 0 } answer ? answer : null;

    private string Choose(string question, IEnumerable<string> names) => Choose(question, names.Select(name => KeyValuePair.Create(name, name)));

    private T Choose<T>(string question, IEnumerable<KeyValuePair<string, T>> choices) => console.Prompt(
        new SelectionPrompt<Choice<T>>()
            .Title(question)
            .PageSize(12)
            .EnableSearch()
            .UseConverter(choice => Markup.Escape(choice.Text))
            .AddChoices(choices.Select(choice => new Choice<T>(choice.Key, choice.Value)))).Value;

    private static KeyValuePair<string, string>[] Keys(params (string Key, string Value)[] keys) => [.. keys.Select(key => KeyValuePair.Create(key.Key, key.Value))];

    // What is typed is looked for in the text that an object gives of itself.
    private sealed record Choice<T>(string Text, T Value)
    {
        public override string ToString() => Text;
    }
}
