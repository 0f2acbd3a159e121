using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;

namespace Gateway.Abstractions.Drivers;

/// <summary>
/// Turns one kind of bus into readings. One object serves all buses of its kind; its members may be called from several threads.
/// </summary>
public interface IDriver
{
    /// <summary>What the driver's maps may say.</summary>
    DriverSchema Schema { get; }

    /// <summary>What people call a bus, unique over all maps: <c>modbus tcp 10.0.0.7:502</c>. Two buses of one name are an error.</summary>
    string NameBus(Settings bus);

    /// <summary>
    /// What a bus needs for itself, a device file or a network address; null if it needs nothing. Two buses of one are an error,
    /// whatever their drivers.
    /// </summary>
    string? PortOf(Settings bus) => null;

    /// <summary>
    /// The points of a device that names none, in the map or by a profile. Asked where <see cref="DriverSchema.FindsPoints"/> says so; touches
    /// no hardware. Default none.
    /// </summary>
    /// <param name="device">The device's keys, which are valid.</param>
    /// <param name="diagnostics">Takes why there are none.</param>
    /// <returns>Name of a point → its keys, as a map would have them: <c>temperature</c> → <c>member: Temperature</c>, <c>unit: °C</c>.</returns>
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> FindPoints(Settings device, ICollection<Diagnostic> diagnostics) =>
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>
    /// What the points of a bus need for themselves of something that other buses may have a part of: lines of a chip. Two claims of one name are
    /// an error, whatever their buses. Named as the map does: another machine may run it. Touches no hardware. Default none.
    /// </summary>
    IEnumerable<BusClaim> ClaimsOf(BusDefinition bus) => [];

    /// <summary>Adds what the schema alone cannot find: keys that exclude each other, ranges that depend on others. Touches no hardware.</summary>
    void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics);

    /// <summary>What polling the bus as its map asks will cost; null if the driver has no estimate.</summary>
    BusLoad? EstimateLoad(BusDefinition bus) => null;

    /// <summary>Makes a bus. Does no I/O: the hardware is opened by the first read, and again after a fault.</summary>
    IBus Open(BusDefinition bus, DriverContext context);
}
