using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Schema;
using Gateway.Drivers.Chips;
using Gateway.Drivers.Simulated;
using Gateway.Drivers.Sysfs.Machine;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs;

/// <summary>What the kernel drives already. Thread-safe.</summary>
/// <param name="open">Opens a mount point; null: the machine's own.</param>
internal sealed class SysfsDriver(Func<string, ISysfs>? open = null) : IDriver
{
    private static readonly string[] SystemKeys = ["interface", "folder"];

    public DriverSchema Schema => SysfsSchema.Schema;

    public string NameBus(Settings bus) => $"sysfs {MountOf(bus)}";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        if (!MountOf(bus.Settings).StartsWith('/'))
        {
            Refuse(bus.Settings, Schema.Name, $"'{MountOf(bus.Settings)}' is not where sysfs is mounted; that is usually /sys", diagnostics);
        }

        foreach (var device in bus.Devices)
        {
            foreach (var point in device.Points)
            {
                PointWaveform.Validate(point, diagnostics);
            }

            if (!device.Settings.TryGet<string>("class", out var name))
            {
                Refuse(device.Settings, "name", $"{device.Name} needs 'class', for example class: hwmon", diagnostics);
            }
            else if (SysfsClasses.All.TryGetValue(name, out var kind))
            {
                ValidateDevice(device, kind, diagnostics);
            }
            else
            {
                ValidateSystem(device, diagnostics);
            }
        }
    }

    public IBus Open(BusDefinition bus, DriverContext context)
    {
        var mount = MountOf(bus.Settings);
        var proc = Path.Combine(Path.GetDirectoryName(mount) ?? "/", "proc");
        var port = new SysfsPort(Open(mount), Open(proc));
        return new ChipBus<SysfsPort>(bus, new SysfsPorts(port), device => Create(device, bus.Name, context), context, sharesLines: false);
    }

    private static ChipDevice<SysfsPort> Create(DeviceDefinition device, string bus, DriverContext context)
    {
        Chip<SysfsPort> chip = SysfsClasses.All.TryGetValue(device.Settings.Get<string>("class"), out var kind)
            ? new SysfsChip(device, kind, bus, context)
            : new SystemChip(device);
        return new ChipDevice<SysfsPort>(device, chip, device.Points.Count, device.Points.Select((point, i) => (point, i)).ToDictionary())
        {
            OwnPace = chip.MayBlock ? new OwnPace($"{bus} {device.Name}", context.TimeProvider, waitsToTheEnd: context.Memory is null) : null,
        };
    }

    private static void ValidateDevice(DeviceDefinition device, SysfsClass kind, ICollection<Diagnostic> diagnostics)
    {
        if (!device.Settings.IsWritten("device"))
        {
            Refuse(device.Settings, "class", $"{device.Name} needs 'device', the name that its driver gives it; gateway scan sysfs shows those that are there", diagnostics);
        }

        foreach (var key in SystemKeys.Where(device.Settings.IsWritten))
        {
            Refuse(device.Settings, key, $"'{key}' is for class: system", diagnostics);
        }

        foreach (var point in device.Points.Where(point => point.Writable))
        {
            var channel = point.Settings.Get<string>("channel");
            if (kind.RefuseWrite(channel) is { } reason)
            {
                Refuse(point.Settings, "write", $"'{channel}' cannot be written: it {reason}", diagnostics);
            }
        }
    }

    private static void ValidateSystem(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        if (device.Settings.IsWritten("device"))
        {
            Refuse(device.Settings, "device", "'device' is not for class: system, which is the machine itself", diagnostics);
        }

        foreach (var point in device.Points)
        {
            var channel = point.Settings.Get<string>("channel");
            if (!SystemChannels.All.ContainsKey(channel))
            {
                var suggestion = NearMiss.Suggest(channel, SystemChannels.All.Keys);
                Refuse(point.Settings, "channel", $"a system has no channel '{channel}'{(suggestion.Length > 0 ? suggestion : $"; it has {string.Join(", ", SystemChannels.All.Keys)}")}", diagnostics);
            }

            if (point.Writable)
            {
                Refuse(point.Settings, "write", "a system has nothing to write", diagnostics);
            }
        }
    }

    private ISysfs Open(string mount) => open?.Invoke(mount) ?? new SysfsTree(mount);

    private string MountOf(Settings bus) => bus.Get<string>(Schema.Name).TrimEnd('/');

    private static void Refuse(Settings settings, string key, string message, ICollection<Diagnostic> diagnostics) =>
        diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
}
