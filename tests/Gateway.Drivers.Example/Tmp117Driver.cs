using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Example;

/// <summary>Thermometers TMP117 on an I2C bus.</summary>
/// <param name="hardware">The buses of the machine, lent by the gateway.</param>
public sealed class Tmp117Driver(IHardware hardware) : IDriver
{
    private static readonly KeySchema Adapter = new()
    {
        Name = "tmp117",
        Type = KeyType.Text,
        Required = true,
        Description = "The I2C adapter: its number, its path or its name.",
        Example = "1",
    };

    private static readonly KeySchema Address = new()
    {
        Name = "address",
        Type = KeyType.Integer,
        Default = (long)Tmp117.FirstAddress,
        Minimum = Tmp117.FirstAddress,
        Maximum = Tmp117.LastAddress,
        Description = "The chip's address.",
        Example = "0x48",
    };

    /// <inheritdoc/>
    public DriverSchema Schema { get; } = new()
    {
        Name = "tmp117",
        Description = "Thermometers TMP117 on an I2C bus.",
        Selector = Adapter,
        Bus = new Dictionary<string, SectionSchema> { [""] = new() { Name = "a tmp117 bus", Keys = [] } },
        Device = new() { Name = "a tmp117", Keys = [Address] },
        Point = new() { Name = "a point of a tmp117", Keys = [] },
    };

    /// <inheritdoc/>
    public string NameBus(Settings bus) => $"tmp117 {bus.Get<string>("tmp117")}";

    /// <inheritdoc/>
    public void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        foreach (var twins in bus.Devices.GroupBy(device => device.Settings.Get<long>("address")).Where(twins => twins.Count() > 1))
        {
            var second = twins.ElementAt(1);
            diagnostics.Add(Diagnostic.Error(second.Settings.Locate("address"), $"0x{twins.Key:x2} is the address of {twins.First()} already"));
        }

        foreach (var point in bus.Devices.SelectMany(device => device.Points).Where(point => point.Writable))
        {
            diagnostics.Add(Diagnostic.Error(point.Settings.Locate("write"), "a thermometer has nothing to write; remove 'write'"));
        }
    }

    /// <inheritdoc/>
    public IBus Open(BusDefinition bus, DriverContext context) => new Tmp117Bus(bus, hardware, context);
}
