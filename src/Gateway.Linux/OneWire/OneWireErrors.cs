using System.Globalization;
using Gateway.Abstractions.Buses;

namespace Gateway.Linux.OneWire;

/// <summary>What goes wrong on a 1-Wire bus, as reasons and as sentences that say what to do.</summary>
internal static class OneWireErrors
{
    public static BusException NoMaster(int number, IEnumerable<int> others)
    {
        var found = string.Join(", ", others);
        var nearby = found.Length == 0
            ? "none is there at all; on a Raspberry Pi add 'dtoverlay=w1-gpio' to /boot/firmware/config.txt and start it again"
            : $"there are {found}";
        return new(BusReasons.Gone, Invariant($"There is no 1-Wire master {number}; {nearby}."), isBusFault: true);
    }

    public static BusException NoSensor(string id, int number, int? otherMaster, IReadOnlyList<string> others) => new(
        BusReasons.NoAck,
        otherMaster is { } other ? Invariant($"{id} is not on 1-Wire master {number} but on {other}.")
        : others.Count == 0 ? Invariant($"Nothing is on 1-Wire master {number}; look at power, wires and the pull-up resistor of 4.7 kΩ.")
        : Invariant($"{id} is not on 1-Wire master {number}; there are {string.Join(", ", others)}."));

    public static BusException NoDriver(string id) => new(BusReasons.NotSupported, $"No driver of the kernel has {id}; try 'modprobe w1_therm'.");

    public static BusException NoAnswer(string id, int number) => new(
        BusReasons.NoAck,
        Invariant($"{id} on 1-Wire master {number} does not answer, or all that came of it in five attempts of the kernel was damaged; look at power, wires and the pull-up resistor."));

    public static BusException Damaged(string id, int number) => new(
        BusReasons.Checksum, Invariant($"The CRC of what {id} on 1-Wire master {number} sent is wrong; look at wires and the pull-up resistor."));

    public static BusException HeldDown(string id, int number) => new(
        BusReasons.BusStuck, Invariant($"All that comes for {id} is zeros: something holds the wire of 1-Wire master {number} down; look for a short circuit."));

    public static BusException Strange(string id, string text) => new(
        BusReasons.Failed, $"The kernel says '{text.ReplaceLineEndings(" ")}' of {id}, which is not what w1_therm writes.");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
