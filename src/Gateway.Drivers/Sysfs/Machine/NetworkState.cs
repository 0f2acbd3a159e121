using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>Link and counters of a network interface. ABI/testing/sysfs-class-net, sysfs-class-net-statistics.</summary>
/// <param name="chosen">The interface; null: the one with the default route.</param>
internal sealed class NetworkState(string? chosen)
{
    private string? _last;

    /// <summary>Whether there is a link; null: there is no such interface.</summary>
    public bool? IsUp(SysfsPort port)
    {
        if (Find(port) is not { } name || !port.Sys.Exists($"class/net/{name}"))
        {
            return null;
        }

        try
        {
            return port.Sys.Read($"class/net/{name}/carrier") == "1";
        }
        catch (BusException fault) when (fault.Reason == BusReasons.NotReady)
        {
            return false; // It is switched off.
        }
    }

    /// <summary>One of its statistics; null: there is no such interface.</summary>
    public decimal? Count(SysfsPort port, string statistic) =>
        Find(port) is { } name && SysfsClass.ReadOrNull(port.Sys, $"class/net/{name}/statistics/{statistic}") is { } text
            ? decimal.Parse(text, CultureInfo.InvariantCulture)
            : null;

    // While the cable is out there is no default route: the interface that had it last is meant.
    private string? Find(SysfsPort port) => chosen ?? (_last = OfDefaultRoute(port.Proc) ?? OfDefaultRoute6(port.Proc) ?? _last);

    // eth0	00000000	0101A8C0	0003	0	0	100	00000000 …: interface, destination, gateway, flags; the mask comes after three numbers. A tunnel's route to
    // half of all addresses has the destination 0 too, and one that refuses has no interface. proc_net(5); net/ipv4/fib_trie.c, fib_route_seq_show.
    private static string? OfDefaultRoute(ISysfs proc) => SysfsClass.ReadOrNull(proc, "net/route")?
        .Split('\n')
        .Select(line => line.Split('\t'))
        .FirstOrDefault(words => words.Length > 7 && words[1] == "00000000" && words[7] == "00000000" && !Refuses(words[3]))?[0];

    // 000…000 00 000…000 00 fe80… 00000400 00000001 00000000 00450003 eth0: destination and the length of its prefix come first, flags and
    // interface last. Without a way the default route is there too, as one that refuses. net/ipv6/route.c, rt6_info_route; include/uapi/linux/route.h.
    private static string? OfDefaultRoute6(ISysfs proc) => SysfsClass.ReadOrNull(proc, "net/ipv6_route")?
        .Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .FirstOrDefault(words => words.Length == 10 && words[0].All(digit => digit == '0') && words[1] == "00" && !Refuses(words[8]))?[9];

    private static bool Refuses(string flags) => (uint.Parse(flags, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & 0x0200) != 0; // RTF_REJECT
}
