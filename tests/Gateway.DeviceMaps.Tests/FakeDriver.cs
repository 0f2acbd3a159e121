using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.DeviceMaps.Tests;

/// <summary>A driver that serves nothing, with a key of every type.</summary>
internal sealed class FakeDriver : IDriver
{
    public DriverSchema Schema { get; } = new()
    {
        Name = "fake",
        Description = "For tests.",
        Selector = new() { Name = "fake", Type = KeyType.Choice, Choices = ["line", "net"], Required = true, Description = "Which." },
        Bus = new Dictionary<string, SectionSchema>
        {
            ["line"] = new() { Name = "a fake line bus", Keys = [Key("port", KeyType.Text) with { Required = true, Example = "/dev/ttyUSB0" }, Key("baud", KeyType.Integer) with { Default = 9600L, Minimum = 50, Maximum = 4_000_000 }] },
            ["net"] = new() { Name = "a fake net bus", Keys = [Key("host", KeyType.Text) with { Required = true }, Key("timeout", KeyType.Duration) with { Default = TimeSpan.FromSeconds(1), Minimum = 0.01m, Maximum = 60 }] },
        },
        Device = new() { Name = "a fake device", Keys = [Key("unit", KeyType.Integer) with { Default = 1L, Minimum = 0, Maximum = 255, Hint = "here it is the unit id" }] },
        Point = new()
        {
            Name = "a fake point",
            Keys = [Key("holding", KeyType.Integer) with { Minimum = 0, Maximum = 65535 }, Key("coil", KeyType.Integer), Key("type", KeyType.Choice) with { Choices = ["uint16", "float32"], Default = "uint16" }],
            ExactlyOneOf = [["holding", "coil"]],
        },
    };

    public string NameBus(Settings bus) => $"fake {bus.Get<string>(bus.TryGet<string>("port", out _) ? "port" : "host")}";

    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        foreach (var point in bus.Devices.SelectMany(device => device.Points).Where(point => point.Settings.TryGet<long>("coil", out _) && point.Settings.IsWritten("type")))
        {
            diagnostics.Add(Diagnostic.Error(point.Settings.Locate("type"), "a coil has no type"));
        }
    }

    public IBus Open(BusDefinition bus, DriverContext context) => throw new NotSupportedException();

    private static KeySchema Key(string name, KeyType type) => new() { Name = name, Type = type, Description = "For tests." };
}
