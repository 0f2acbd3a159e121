using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Linux.Sysfs;

namespace Gateway.Linux.OneWire;

/// <summary>
/// A 1-Wire master of the kernel, with the thermometers on it that w1_therm drives. Calls block while they convert.
/// Documentation/ABI/testing/sysfs-driver-w1_therm.
/// </summary>
/// <param name="sysfs">Where sysfs is mounted.</param>
/// <param name="number">Its number.</param>
public sealed class OneWireMaster(ISysfs sysfs, int number)
{
    private const string Devices = "bus/w1/devices";
    private const string Prefix = "w1_bus_master";

    private readonly string _folder = string.Create(CultureInfo.InvariantCulture, $"{Devices}/{Prefix}{number}");

    /// <summary>Its number, from 1.</summary>
    public int Number => number;

    /// <summary>The masters that the kernel has, by number.</summary>
    public static IReadOnlyList<OneWireMaster> List(ISysfs sysfs) =>
    [
        .. sysfs.List(Devices)
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var found) ? found : 0)
            .Where(found => found > 0)
            .Order()
            .Select(found => new OneWireMaster(sysfs, found)),
    ];

    /// <summary>The ids of what the kernel found on the bus, of any family. It looks every ten seconds.</summary>
    public IReadOnlyList<string> ListIds() => [.. sysfs.List(_folder).Where(IsId)];

    /// <summary>Whether a text is an id as the kernel writes it: family, hyphen, serial number, in small hexadecimal digits.</summary>
    public static bool IsId(string text) =>
        text.Length == 15 && text[2] == '-' && text.Where((_, i) => i != 2).All(c => char.IsAsciiHexDigitLower(c));

    /// <summary>Whether a driver of the kernel reads the device as a thermometer.</summary>
    public bool IsThermometer(string id) => sysfs.Exists($"{_folder}/{id}/w1_slave");

    /// <summary>
    /// Reads a thermometer: what <see cref="TryConvertAll"/> made it convert, once; else it converts now, which takes 94 to 750 ms.
    /// </summary>
    /// <exception cref="BusException">Master or sensor are not there, or what the sensor said is damaged.</exception>
    public Scratchpad Read(string id)
    {
        // w1_slave and not temperature: both say nothing where the kernel gave up, but only w1_slave shows the bytes,
        // by which a sensor that lost its supply can be told, and it is there in kernels before 5.8 too.
        var text = Access(id, () => sysfs.Read($"{_folder}/{id}/w1_slave"));
        if (text.Length == 0)
            throw OneWireErrors.NoAnswer(id, number);

        return Scratchpad.Parse(text) switch
        {
            null => throw OneWireErrors.Strange(id, text),
            { IsIntact: false } => throw OneWireErrors.Damaged(id, number),
            { IsEmpty: true } => throw OneWireErrors.HeldDown(id, number),
            var pad => pad,
        };
    }

    /// <summary>
    /// Makes all thermometers convert at once, and waits for them; the next read of each brings the result. False: the kernel cannot
    /// (before 5.8, or on a second master, as it makes the attribute for the first only), or none of them did.
    /// </summary>
    /// <exception cref="BusException">This user may not.</exception>
    public bool TryConvertAll()
    {
        var path = $"{_folder}/therm_bulk_read";
        if (!sysfs.Exists(path))
            return false;

        sysfs.Write(path, "trigger\n");
        return sysfs.Read(path) == "1";
    }

    /// <summary>The bits of a thermometer's values, 9 to 12.</summary>
    /// <exception cref="BusException">It cannot be read.</exception>
    public int ReadResolution(string id)
    {
        var text = Access(id, () => sysfs.Read($"{_folder}/{id}/resolution"));
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) ? bits : throw OneWireErrors.NoAnswer(id, number);
    }

    /// <summary>Sets the bits of a thermometer's values in its memory; at power-on it has those of its EEPROM again, which this leaves alone.</summary>
    /// <exception cref="BusException">It cannot be set; some imitations of a DS18B20 have 12 bits only.</exception>
    public void WriteResolution(string id, int bits) => Access(id, () =>
    {
        sysfs.Write($"{_folder}/{id}/resolution", string.Create(CultureInfo.InvariantCulture, $"{bits}\n"));
        return true;
    });

    private T Access<T>(string id, Func<T> access)
    {
        try
        {
            return access();
        }
        catch (BusException fault) when (fault.Reason is BusReasons.NotThere or BusReasons.Gone)
        {
            if (!sysfs.Exists(_folder))
                throw OneWireErrors.NoMaster(number, List(sysfs).Select(master => master.Number));
            if (!sysfs.Exists($"{_folder}/{id}"))
                throw OneWireErrors.NoSensor(id, number, OtherMasterOf(id), ListIds());
            if (!sysfs.Exists($"{_folder}/{id}/w1_slave"))
                throw OneWireErrors.NoDriver(id);
            throw;
        }
    }

    private int? OtherMasterOf(string id) => List(sysfs).FirstOrDefault(master => sysfs.Exists($"{master._folder}/{id}"))?.Number;
}
