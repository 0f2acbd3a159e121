using System.Text.RegularExpressions;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Classes;

/// <summary>Converters and sensors of the industrial I/O subsystem. ABI/testing/sysfs-bus-iio.</summary>
internal sealed partial class IioClass : SysfsClass
{
    // What the ABI counts in, and what people do.
    private static readonly Dictionary<string, (decimal Factor, string Unit)> Units = new()
    {
        ["voltage"] = (0.001m, "V"),
        ["altvoltage"] = (0.001m, "V"),
        ["current"] = (0.001m, "A"),
        ["altcurrent"] = (0.001m, "A"),
        ["power"] = (0.001m, "W"),
        ["energy"] = (1, "J"),
        ["temp"] = (0.001m, "°C"),
        ["humidityrelative"] = (0.001m, "%RH"),
        ["pressure"] = (10, "hPa"),
        ["illuminance"] = (1, "lx"),
        ["resistance"] = (1, "Ω"),
        ["capacitance"] = (1, "nF"),
        ["accel"] = (1, "m/s²"),
        ["gravity"] = (1, "m/s²"),
        ["anglvel"] = (1, "rad/s"),
        ["angl"] = (1, "rad"),
        ["incli"] = (1, "°"),
        ["magn"] = (1, "G"),
        ["distance"] = (1, "m"),
        ["velocity"] = (1, "m/s"),
        ["concentration"] = (1, "%"),
        ["massconcentration"] = (1, "µg/m³"),
        ["electricalconductivity"] = (1, "S/m"),
        ["positionrelative"] = (0.001m, "%"),
    };

    public override string Name => "iio";

    public override string Folder => "bus/iio/devices";

    public override string NameAttribute => "name";

    public override SysfsChannel? FindChannel(ISysfs sysfs, string folder, string name) =>
        OfPrefix(sysfs, folder, name)
        ?? (FindFile(sysfs, folder, name) is { } path ? OfFile(name, path) : null)
        ?? (FindByLabel(sysfs, folder, name) is { } prefix ? OfPrefix(sysfs, folder, prefix) : null);

    public override IEnumerable<(string Name, string? Label)> ListChannels(ISysfs sysfs, string folder) => sysfs.List(folder)
        .Select(name => Listed().Match(name))
        .Where(match => match.Success)
        .Select(match => match.Groups["channel"].Value)
        .Distinct()
        .Select(channel => (channel, LabelOf(sysfs, folder, channel)));

    public override string? RefuseWrite(string channel) =>
        channel.StartsWith("in_", StringComparison.Ordinal) && Channel().Match(channel) is { Success: true } match && Units.ContainsKey(match.Groups["type"].Value) && !IsSetting().IsMatch(channel)
            ? "is measured; what can be written are outputs such as out_voltage0, and settings by the names of their files"
            : null;

    // in_temp: in_temp_input as it is, else in_temp_raw with its scale and offset.
    private static SysfsChannel? OfPrefix(ISysfs sysfs, string folder, string name)
    {
        if (FindFile(sysfs, folder, name + "_input") is { } processed)
        {
            return OfType(name, new SysfsChannel(processed));
        }

        return FindFile(sysfs, folder, name + "_raw") is not { } raw ? null : OfType(name, new SysfsChannel(raw)
        {
            ScalePath = FindShared(sysfs, folder, name, "scale"),
            OffsetPath = FindShared(sysfs, folder, name, "offset"),
        });
    }

    // By its file name an attribute is what it says, except one that has a unit already.
    private static SysfsChannel OfFile(string name, string path) => name.EndsWith("_input", StringComparison.Ordinal)
        ? OfType(name[..^"_input".Length], new SysfsChannel(path))
        : new SysfsChannel(path) { IsDecimal = !name.EndsWith("_raw", StringComparison.Ordinal) };

    private static SysfsChannel OfType(string name, SysfsChannel channel) =>
        Channel().Match(name) is { Success: true } match && Units.TryGetValue(match.Groups["type"].Value, out var unit)
            ? channel with { Factor = unit.Factor, Unit = unit.Unit }
            : channel;

    // in_voltage0-voltage1_scale, else in_voltage-voltage_scale, in_voltage_scale, in_scale, scale: what a channel has in common with others.
    private static string? FindShared(ISysfs sysfs, string folder, string name, string what)
    {
        var match = Channel().Match(name);
        var direction = match.Groups["direction"].Value;
        string[] places = [$"{name}_{what}", $"{Digits().Replace(name, "")}_{what}", $"{direction}_{match.Groups["type"].Value}_{what}", $"{direction}_{what}", what];
        return places.Select(place => FindFile(sysfs, folder, place)).FirstOrDefault(path => path is not null);
    }

    [GeneratedRegex("^(?<direction>in|out)_(?<type>[a-z]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Channel();

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();

    [GeneratedRegex("^(?<channel>(in|out)_.+)_(input|raw)$", RegexOptions.CultureInvariant)]
    private static partial Regex Listed();

    [GeneratedRegex("_(scale|offset|calibbias|calibscale|hardwaregain|sampling_frequency|integration_time|oversampling_ratio|filter_[a-z_0-9]+|en)$", RegexOptions.CultureInvariant)]
    private static partial Regex IsSetting();
}
