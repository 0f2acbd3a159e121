using System.CommandLine;

namespace Gateway.Commands;

/// <summary>A command line that somebody may copy.</summary>
/// <param name="Line">As it is typed.</param>
/// <param name="Effect">What it does, without a full stop.</param>
internal sealed record Example(string Line, string Effect);

/// <summary>The examples of the verbs, for <c>--help</c> and the manual page.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, Example[]> All = new()
    {
        ["init"] =
        [
            new("gateway init --config gateway.yaml", "asks a few questions"),
            new("gateway init --site plant1 --uplink mqtt://192.168.1.10:1883 --bus 'modbus: tcp, host: 10.0.0.7' --device 'name: meter, profile: eastron/sdm630, unit: 1'", "asks nothing, for scripts"),
        ],
        ["run"] = [new("gateway run --config gateway.yaml", "runs the service in the foreground, until Ctrl-C")],
        ["demo"] = [new("gateway demo", "a whole plant with no hardware; open the page that it names"), new("gateway demo --broker-port 0 --web-port 0", "beside whatever has the usual ports")],
        ["check"] = [new("gateway check", "the installed configuration and all its maps"), new("gateway check devicemaps/boiler-room.yaml", "one map"), new("gateway check --json gateway.yaml", "for scripts and editors")],
        ["diff"] = [new("gateway diff", "after an edit, before: systemctl reload gateway")],
        ["doctor"] = [new("gateway doctor", "the installed gateway; with sudo -u gateway before it, as the service sees it"), new("gateway doctor --config gateway.yaml --json", "for a report")],
        ["scan modbus"] =
        [
            new("gateway scan modbus --port /dev/ttyUSB0", "every unit id at every usual baud rate and parity of a serial line"),
            new("gateway scan modbus --host 10.0.0.7 --units 1-10", "a Modbus TCP device or gateway"),
        ],
        ["scan sunspec"] = [new("gateway scan sunspec --host 10.0.0.7 > devicemaps/library/roof.yaml", "a profile of all that an inverter has")],
        ["scan serial"] = [new("gateway scan serial", "the names to write into maps")],
        ["scan gpio"] = [new("gateway scan gpio", "which lines are free, and who has the others")],
        ["scan i2c"] = [new("gateway scan i2c", "all adapters"), new("gateway scan i2c 1 --ask", "/dev/i2c-1 alone, chips that tell of themselves by commands only included")],
        ["scan onewire"] = [new("gateway scan onewire", "the thermometers with their addresses")],
        ["scan sysfs"] = [new("gateway scan sysfs --map", "a map of all that the kernel measures")],
        ["probe modbus"] =
        [
            new("gateway probe modbus holding 100 2 --port /dev/ttyUSB0 --baud 9600", "two registers as every type in every byte order"),
            new("gateway probe modbus input 0 --host 10.0.0.7 --unit 3", "one register of unit 3"),
        ],
        ["read"] = [new("gateway read boiler", "all points of a device"), new("gateway read boiler.flow_temperature --json", "one point, for a script")],
        ["write"] = [new("gateway write boiler.mode eco", "a text of the point's enum"), new("gateway write boiler.offset -- -2.5", "a negative number")],
        ["watch"] = [new("gateway watch", "everything as it comes"), new("gateway watch boiler", "one device")],
        ["simulate"] =
        [
            new("gateway simulate devicemaps/boiler-room.yaml --link /tmp/boiler", "a serial line at /tmp/boiler with the map's devices"),
            new("gateway simulate devicemaps/boiler-room.yaml --fault-rate 0.05 --delay 50ms", "the same, slow and with one answer in twenty broken"),
        ],
        ["broker"] =
        [
            new("gateway broker --data /tmp/broker", "for this machine alone, with sessions that outlive it"),
            new("gateway broker --config gateway.yaml", "listeners, users, access and limits of a configuration"),
        ],
        ["pub"] =
        [
            new("gateway pub -t plant1/boiler/mode/set -m eco", "a command"),
            new("gateway pub -h broker.example.org -u ann -P secret -t house/lamp -m on -q 1 -r", "retained, at QoS 1"),
        ],
        ["sub"] = [new("gateway sub -t '#' -v", "everything, with topics"), new("gateway sub -t 'plant1/+/$status' -C 3 -W 10", "three messages, or ten seconds")],
        ["queue list"] =
        [
            new("gateway queue list", "what waits, by device"),
            new("gateway queue list --parked", "what a broker did not take, and why"),
        ],
        ["queue export"] = [new("gateway queue export > readings.jsonl", "before a board is given away, or to take readings by hand")],
        ["queue purge"] = [new("gateway queue purge --parked", "once nobody misses it"), new("gateway queue purge --all", "of a service that is stopped")],
        ["queue retry"] = [new("gateway queue retry", "once the broker takes it")],
        ["queue stats"] = [new("gateway queue stats", "how much waits, and for how long")],
        ["status"] = [new("gateway status", "for people"), new("gateway status --json", "for scripts")],
        ["maps list"] = [new("gateway maps list eastron", "profiles of one maker")],
        ["maps show"] = [new("gateway maps show eastron/sdm630", "its points, and where they are from")],
        ["maps add"] = [new("gateway maps add eastron/sdm630 --name main-meter --bus 'modbus: tcp, host: 10.0.0.7' --to devicemaps/main.yaml", "a map that works")],
        ["maps schema"] = [new("gateway maps schema > map.schema.json", "for an editor that does not find the schema by itself")],
        ["passwd"] = [new("gateway passwd /etc/gateway/users ann", "asks for ann's password")],
        ["completion"] = [new("gateway completion bash > ~/.local/share/bash-completion/completions/gateway", "for one user of bash")],
        ["manual"] = [new("gateway manual | man -l -", "reads the manual where it is not installed")],
    };

    /// <summary>Those of a verb; empty for one that only groups others.</summary>
    public static IReadOnlyList<Example> Of(Command command) => All.GetValueOrDefault(NameOf(command), []);

    /// <summary>The verb as it is typed after <c>gateway</c>, such as <c>scan modbus</c>.</summary>
    public static string NameOf(Command command)
    {
        var names = new List<string>();
        for (var each = command; each is not (null or RootCommand); each = each.Parents.OfType<Command>().FirstOrDefault())
        {
            names.Insert(0, each.Name);
        }

        return string.Join(' ', names);
    }
}
