using System.Globalization;
using Gateway.Drivers.Tests.Sysfs;

namespace Gateway.Drivers.Tests.OneWire;

/// <summary>
/// w1_therm with sensors on its first master, as drivers/w1/slaves/w1_therm.c of kernel 6.1 does it: a trigger makes all convert, the next
/// read of each takes what was converted, any other read converts.
/// </summary>
internal sealed class SimulatedThermometers : FakeSysfs
{
    public const string Master = "bus/w1/devices/w1_bus_master1";

    // Lines of real sensors, from forums and the kernel's documentation; those with another CRC than that of 85 °C were made with Python.
    public const string Warm = "24 01 4b 46 7f ff 0c 10 48 : crc=48 YES\n24 01 4b 46 7f ff 0c 10 48 t=18250";
    public const string Cool = "01 01 4b 46 7f ff 0f 10 e3 : crc=e3 YES\n01 01 4b 46 7f ff 0f 10 e3 t=16062";
    public const string Frost = "5e ff 4b 46 7f ff 02 10 b6 : crc=b6 YES\n5e ff 4b 46 7f ff 02 10 b6 t=-10125";
    public const string PowerOn = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000";
    public const string Hot = "50 05 4b 46 7f ff 10 10 bd : crc=bd YES\n50 05 4b 46 7f ff 10 10 bd t=85000";
    public const string NearlyHot = "40 05 4b 46 7f ff 0c 10 48 : crc=48 YES\n40 05 4b 46 7f ff 0c 10 48 t=84000";
    public const string WeakSupply = "ff 07 4b 46 7f ff 0c 10 a6 : crc=a6 YES\nff 07 4b 46 7f ff 0c 10 a6 t=127937";
    public const string ShortCircuit = "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0";

    private readonly Dictionary<string, string> _converted = [];

    public SimulatedThermometers() => this[$"{Master}/w1_master_name"] = "w1_bus_master1";

    /// <summary>Conversions of all together.</summary>
    public int Together { get; private set; }

    /// <summary>Conversions of one alone.</summary>
    public int Alone { get; private set; }

    /// <summary>What the sensor shows after each of its next conversions, the last one from then on.</summary>
    public Dictionary<string, Queue<string>> Shown { get; } = [];

    /// <summary>Adds a sensor.</summary>
    public void Plug(string id, params string[] shown)
    {
        Shown[id] = new Queue<string>(shown);
        this[$"{Master}/{id}/w1_slave"] = "";
        this[$"{Master}/{id}/resolution"] = "12";
        this[$"{Master}/therm_bulk_read"] = "0";
    }

    public override string Read(string path)
    {
        var text = base.Read(path);
        if (!path.EndsWith("/w1_slave", StringComparison.Ordinal))
        {
            return text;
        }

        var id = path.Split('/')[^2];
        if (_converted.Remove(id, out var waiting))
        {
            return waiting;
        }

        Alone++;
        return Convert(id);
    }

    public override void Write(string path, string text)
    {
        base.Write(path, text);
        if (path == $"{Master}/therm_bulk_read" && text == "trigger\n")
        {
            Together++;
            this[path] = string.Create(CultureInfo.InvariantCulture, $"{(Shown.Count > 0 ? 1 : 0)}");
            foreach (var id in Shown.Keys)
            {
                _converted[id] = Convert(id);
            }
        }
    }

    private string Convert(string id) => Shown[id] is { Count: > 1 } several ? several.Dequeue() : Shown[id].Peek();
}
