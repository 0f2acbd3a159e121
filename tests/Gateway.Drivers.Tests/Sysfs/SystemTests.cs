using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Sysfs;

namespace Gateway.Drivers.Tests.Sysfs;

/// <summary>The machine's own health, from files as proc(5) and the kernel's documentation show them.</summary>
public class SystemTests
{
    private readonly FakeSysfs _sys = new();
    private readonly FakeSysfs _proc = new();

    public SystemTests()
    {
        _proc["stat"] = "cpu  1000 0 500 8000 500 0 0 0 0 0\ncpu0 1000 0 500 8000 500 0 0 0 0 0\nintr 1";
        _proc["loadavg"] = "0.20 0.18 0.12 1/80 11206";
        _proc["uptime"] = "350735.47 234388.90";
        _proc["meminfo"] = "MemTotal:        4000000 kB\nMemFree:          500000 kB\nMemAvailable:    3000000 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB";
    }

    // As proc(5) has them: a default route that refuses is there where there is no other.
    [Fact]
    public async Task Without_a_default_route_of_ipv4_that_of_ipv6_tells_the_interface()
    {
        const string Zero = "00000000000000000000000000000000";
        _sys.Add("class/net/wlan0/carrier:1\nclass/net/lo/carrier:1");
        _proc["net/route"] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
        _proc["net/ipv6_route"] = $"{Zero} 00 {Zero} 00 {Zero} ffffffff 00000001 00000000 00200200       lo\n"
            + $"fe800000000000000000000000000000 40 {Zero} 00 {Zero} 00000100 00000001 00000000 00000001    eth0\n"
            + $"{Zero} 00 {Zero} 00 fe80000000000000021122fffe334455 00000400 00000002 00000000 00450003    wlan0";
        await using var map = Map("every: 10 s");

        await map.ReadAsync("pi");

        Assert.Equal("true", map["network_link"]);
        _proc["net/ipv6_route"] = $"{Zero} 00 {Zero} 00 {Zero} ffffffff 00000001 00000000 00200200       lo";
        await using var other = Map("every: 10 s");
        await other.ReadAsync("pi");
        Assert.Equal("not-there", other["network_link"]);
    }

    [Theory]
    [InlineData("*\t00000000\t00000000\t0200\t0\t0\t50\t00000000\t0\t0\t0")] // ip route add unreachable default
    [InlineData("tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0")] // 0.0.0.0/1, as OpenVPN has it
    public async Task What_is_no_way_to_everywhere_is_no_default_route(string route)
    {
        _sys.Add("class/net/eth0/carrier:1\nclass/net/tun0/carrier:0");
        _proc["net/route"] = $"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n{route}\neth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0";
        await using var map = Map("every: 10 s");

        await map.ReadAsync("pi");

        Assert.Equal("true", map["network_link"]);
    }

    [Fact]
    public async Task A_raspberry_pi_tells_all_of_it()
    {
        _sys.Add("""
            class/thermal/thermal_zone0/type:cpu-thermal
            class/thermal/thermal_zone0/temp:54529
            devices/system/cpu/cpu0/cpufreq/scaling_cur_freq:1500000
            devices/platform/soc/soc:firmware/get_throttled:50005
            block/mmcblk0/device/life_time:0x02 0x01
            block/mmcblk0/device/pre_eol_info:0x01
            block/mmcblk0/stat:    8123     2301   612345    12345     4567     8901   200000    23456        0    10000    35801
            block/loop0/stat:       0        0        0        0        0        0        9        0        0        0        0
            class/net/eth0/carrier:1
            class/net/eth0/statistics/rx_bytes:2500000
            class/net/eth0/statistics/tx_bytes:1000000
            class/net/eth0/statistics/rx_errors:2
            class/net/eth0/statistics/tx_errors:1
            """);
        _proc["net/route"] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0";
        await using var map = Map("every: 10 s");
        _proc.Later["stat"] = "cpu  1030 0 520 8040 510 0 0 0 0 0"; // 100 ticks later, of which 50 idle

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("pi"));
        var expected = new Dictionary<string, string>
        {
            ["cpu_temperature"] = "54.529",
            ["cpu_usage"] = "50",
            ["cpu_frequency"] = "1500",
            ["throttled"] = "327685", // 0x50005
            ["load_1"] = "0.2",
            ["load_5"] = "0.18",
            ["load_15"] = "0.12",
            ["memory_used"] = "25",
            ["memory_available"] = "3072",
            ["swap_used"] = "not-there",
            ["disk_written"] = "102.4",
            ["storage_wear"] = "20",
            ["storage_state"] = "normal",
            ["network_link"] = "true",
            ["network_received"] = "2.5",
            ["network_sent"] = "1",
            ["network_errors"] = "3",
            ["uptime"] = "350735.47",
        };
        Assert.Equal(expected, expected.Keys.ToDictionary(point => point, point => map[point]));
        Assert.InRange(decimal.Parse(map["disk_used"], System.Globalization.CultureInfo.InvariantCulture), 0, 100);
        Assert.Equal(Quality.Good, map.Sink["disk_free"].Quality);
        Assert.Empty(map.Log.All);
    }

    [Fact]
    public async Task What_the_machine_lacks_is_bad_and_no_fault()
    {
        await using var map = Map("every: 10 s");

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("pi"));
        foreach (var point in (string[])["cpu_temperature", "cpu_frequency", "throttled", "disk_written", "storage_wear", "storage_state", "network_link", "network_received"])
        {
            Assert.Equal("not-there", map[point]);
        }

        Assert.Equal("0.2", map["load_1"]);
        Assert.Empty(map.Log.All);
        Assert.Empty(map.Context.Errors.Of("pi"));
    }

    [Theory]
    [InlineData("devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled:0", "0")]
    [InlineData("devices/platform/scb/soc:firmware/get_throttled:80008", "524296")]
    [InlineData("class/hwmon/hwmon1/name:rpi_volt\nclass/hwmon/hwmon1/in0_lcrit_alarm:1", "1")]
    public async Task Throttling_is_found_wherever_the_model_has_it(string listing, string value)
    {
        _sys.Add(listing);
        await using var map = Map("points: { throttled: { channel: throttled } }");

        await map.ReadAsync("pi");
        Assert.Equal(value, map["throttled"]);
    }

    [Fact]
    public async Task An_interface_can_be_named_and_one_that_is_switched_off_has_no_link()
    {
        _sys.Add("class/net/wlan0/carrier:0");
        _sys.Faults["class/net/wlan0/carrier"] = new([new(Gateway.Abstractions.Buses.BusReasons.NotReady, "It is switched off.")]);
        await using var map = Map("interface: wlan0");

        await map.ReadAsync("pi");
        Assert.Equal("false", map["network_link"]);
    }

    private KernelMap Map(string more) => new(
        $"bus: {{ sysfs: /sys }}\ndevices: [{{ name: pi, class: system, {more} }}]\n", new SysfsDriver(mount => mount == "/sys" ? _sys : mount == "/proc" ? _proc : throw new ArgumentException(mount)), new HastyTimeProvider());
}
