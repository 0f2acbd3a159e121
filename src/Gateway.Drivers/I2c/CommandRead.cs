using Gateway.Abstractions.Buses;
using Gateway.Drivers.I2c.Sensors;

namespace Gateway.Drivers.I2c;

/// <summary>
/// What is asked, where that is wanted, if nobody acknowledges a read: chips of commands do so only while they have an answer, and to these commands every chip
/// of the kind has one, which it only tells. To others that hang at such an address, and acknowledge no read either, nothing is known to
/// happen by them. Immutable.
/// </summary>
/// <param name="First">The first address at which the command is sent.</param>
/// <param name="Last">The last.</param>
/// <param name="Command">The command.</param>
/// <param name="Length">How long the answer is, bytes.</param>
/// <param name="Sensor">The gateway's sensor that answers so; null: several do, or none that it knows.</param>
internal sealed record CommandRead(int First, int Last, byte[] Command, int Length, string? Sensor)
{
    /// <summary>
    /// How often the answer is asked for: a chip that is not ready yet does not acknowledge. That takes 50 µs at least, and the slowest has
    /// its answer after 3 ms.
    /// </summary>
    private const int MaxTries = 200;

    private static readonly CommandRead[] All =
    [
        new(0x44, 0x45, [0xF3, 0x2D], 3, "sht3x"), // status, SHT3x-DIS datasheet §4.11
        new(0x44, 0x46, [0x89], 6, "sht4x"), // serial number, SHT4x datasheet §4.5
        new(0x40, 0x40, [0xE7], 1, null) { Chips = ["htu21", "si7021"] }, // user register, HTU21D datasheet (HPC199), Si7021-A20 datasheet §6
        new(0x58, 0x58, [0x20, 0x2F], 3, null) { Chips = ["SGP30"] }, // feature set, SGP30 datasheet §6.3
        new(0x59, 0x59, [0x36, 0x82], 9, null) { Chips = ["SGP40", "SGP41"] }, // serial number, SGP40 datasheet §4.4
        new(0x61, 0x61, [0xD1, 0x00], 3, "scd30"), // firmware version, Interface Description SCD30 §1.4.9
        new(0x62, 0x62, [0xE4, 0xB8], 3, "scd4x"), // whether there are data, SCD4x datasheet §3.8.2
        new(0x76, 0x77, [0xA2], 2, null) { Chips = ["MS5611"] }, // first coefficient, MS5611-01BA03 datasheet
    ];

    /// <summary>Who may answer so, where <see cref="Sensor"/> does not say it.</summary>
    public IReadOnlyList<string> Chips { get; init; } = [];

    /// <summary>The commands for an address.</summary>
    public static IEnumerable<CommandRead> At(int address) => All.Where(command => address >= command.First && address <= command.Last);

    /// <summary>Whether a chip answers; false too if what it answers is damaged, or the adapter cannot ask so.</summary>
    /// <exception cref="BusException">The bus failed.</exception>
    public bool IsAnswered(I2cPort port)
    {
        try
        {
            port.Write(Command);
        }
        catch (BusException fault) when (!fault.IsBusFault)
        {
            return false;
        }

        for (var tries = 0; tries < MaxTries; tries++)
        {
            try
            {
                return IsSound(port.Read(Length));
            }
            catch (BusException fault) when (fault.Reason == BusReasons.NoAck)
            {
                // Not yet, or it has none.
            }
            catch (BusException fault) when (!fault.IsBusFault)
            {
                return false;
            }
        }

        return false;
    }

    // Those with words have a checksum behind each.
    private bool IsSound(byte[] answer) => Length % 3 != 0 || Enumerable.Range(0, Length / 3).All(word => Sensirion.Word(answer, word) is not null);
}
