using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Sysfs;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Sysfs;

/// <summary>Devices of the kernel by class, with the attributes that its documentation describes.</summary>
public class SysfsTests
{
    private readonly FakeSysfs _sys = new();

    [Fact]
    public async Task A_device_is_found_by_name_whatever_its_number_and_again_after_it_was_bound_anew()
    {
        _sys.Add("""
            class/hwmon/hwmon0/name:cpu_thermal
            class/hwmon/hwmon1/name:lm75
            class/hwmon/hwmon1/temp1_input:25500
            """);
        await using var map = Map("{ name: board, class: hwmon, device: lm75, points: { t: { channel: temp1 } } }");

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("board"));
        Assert.Equal("25.5", map["t"]);

        // Another device has its number now, and it has a new one.
        _sys.Remove("class/hwmon/hwmon1");
        _sys.Add("""
            class/hwmon/hwmon1/name:nvme
            class/hwmon/hwmon1/temp1_input:71000
            class/hwmon/hwmon7/name:lm75
            class/hwmon/hwmon7/temp1_input:-250
            """);
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "gone"), await map.ReadAsync("board"));
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("board"));
        Assert.Equal("-0.25", map["t"]);
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_gone_until_it_comes_and_the_log_says_what_is_there()
    {
        _sys.Add("class/hwmon/hwmon0/name:cpu_thermal");
        await using var map = Map("{ name: board, class: hwmon, device: lm75, points: { t: { channel: temp1 } } }");

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "gone"), await map.ReadAsync("board"));
        Assert.Equal("board on sysfs /sys: There is no hwmon device 'lm75'; there are cpu_thermal.", Assert.Single(map.Log.All));

        _sys.Add("class/hwmon/hwmon1/name:lm75\nclass/hwmon/hwmon1/temp1_input:1000");
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("board"));
    }

    [Fact]
    public async Task Devices_of_one_name_are_told_apart_by_what_they_are_bound_to()
    {
        _sys.Add("""
            class/hwmon/hwmon1/name:lm75
            class/hwmon/hwmon1/device -> ../../../1-0048
            class/hwmon/hwmon1/temp1_input:25500
            class/hwmon/hwmon2/name:lm75
            class/hwmon/hwmon2/device -> ../../../1-004a
            class/hwmon/hwmon2/temp1_input:20000
            """);
        await using var map = Map("""
            { name: any, class: hwmon, device: lm75, points: { t: { channel: temp1 } } }
              - { name: second, class: hwmon, device: 1-004a, points: { t: { channel: temp1 } } }
            """);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "ambiguous"), await map.ReadAsync("any"));
        Assert.Equal("any on sysfs /sys: 'lm75' is the name of more than one hwmon device; name one by what it is bound to: 1-0048, 1-004a.", Assert.Single(map.Log.All));
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("second"));
        Assert.Equal("20", map["t"]);
    }

    [Theory]
    [InlineData("temp1", "temp1_input", "42125", "42.125")]
    [InlineData("in0", "in0_input", "1056", "1.056")]
    [InlineData("curr1", "curr1_input", "-812", "-0.812")]
    [InlineData("power1", "power1_input", "6075000", "6.075")]
    [InlineData("power1", "power1_average", "190900000", "190.9")]
    [InlineData("energy1", "energy1_input", "65000000", "65")]
    [InlineData("humidity1", "humidity1_input", "48300", "48.3")]
    [InlineData("fan1", "fan1_input", "2980", "2980")]
    [InlineData("pwm1", "pwm1", "128", "128")]
    [InlineData("temp1_max", "temp1_max", "80000", "80")]
    [InlineData("temp1_crit_hyst", "temp1_crit_hyst", "75000", "75")]
    [InlineData("temp1_max_alarm", "temp1_max_alarm", "1", "1")]
    [InlineData("in0_lcrit_alarm", "in0_lcrit_alarm", "0", "0")]
    [InlineData("power1_average_interval", "power1_average_interval", "1000", "1000")]
    [InlineData("intrusion0", "intrusion0_alarm", "1", "1")]
    [InlineData("update_interval", "update_interval", "1000", "1000")]
    public async Task Hwmon_values_are_in_the_units_that_people_use(string channel, string file, string text, string value)
    {
        _sys.Add($"class/hwmon/hwmon0/name:chip\nclass/hwmon/hwmon0/{file}:{text}");
        await using var map = Map($"{{ name: d, class: hwmon, device: chip, points: {{ p: {{ channel: {channel} }} }} }}");

        await map.ReadAsync("d");
        Assert.Equal(value, map["p"]);
    }

    [Fact]
    public async Task Hwmon_channels_go_by_their_labels_too_and_tell_faults()
    {
        _sys.Add("""
            class/hwmon/hwmon0/name:coretemp
            class/hwmon/hwmon0/temp1_label:Package id 0
            class/hwmon/hwmon0/temp1_input:51000
            class/hwmon/hwmon0/temp2_label:Core 0
            class/hwmon/hwmon0/temp2_input:47000
            class/hwmon/hwmon0/temp2_fault:0
            class/hwmon/hwmon0/temp3_input:-128000
            class/hwmon/hwmon0/temp3_fault:1
            """);
        await using var map = Map("{ name: d, class: hwmon, device: coretemp, points: { package: { channel: Package id 0 }, core: { channel: Core 0 }, open: { channel: temp3 } } }");

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("d"));
        Assert.Equal(("51", "47", "fault"), (map["package"], map["core"], map["open"]));
    }

    [Theory]
    [InlineData("in_temp", "in_temp_input:22390", "22.39")]
    [InlineData("in_pressure", "in_pressure_input:100.653265", "1006.53265")]
    [InlineData("in_humidityrelative", "in_humidityrelative_input:48300", "48.3")]
    [InlineData("in_illuminance", "in_illuminance_raw:120|in_illuminance_scale:0.833333", "99.99996")]
    [InlineData("in_voltage0", "in_voltage0_raw:1365|in_voltage0_scale:2.000000000", "2.73")]
    [InlineData("in_voltage0", "in_voltage0_raw:512|in_voltage_scale:3.222656250", "1.65")]
    [InlineData("in_voltage0-voltage1", "in_voltage0-voltage1_raw:-800|in_voltage-voltage_scale:0.1875", "-0.15")]
    [InlineData("in_temp", "in_temp_raw:100|in_temp_offset:-20|in_temp_scale:62.5", "5")]
    [InlineData("in_accel_x", "in_accel_x_raw:-12|in_accel_scale:0.038307", "-0.459684")]
    [InlineData("in_current1", "in_current1_raw:1500|in_current1_scale:1e-1", "0.15")]
    [InlineData("in_temp_raw", "in_temp_raw:100|in_temp_scale:62.5", "100")]
    [InlineData("in_temp_input", "in_temp_input:22390", "22.39")]
    [InlineData("pump", "in_voltage3_label:pump|in_voltage3_raw:1000|in_voltage_scale:1", "1")]
    [InlineData("sampling_frequency", "sampling_frequency:128", "128")]
    public async Task Iio_values_are_in_the_units_that_people_use(string channel, string files, string value)
    {
        _sys.Add("bus/iio/devices/iio:device0/name:chip\n" + string.Join('\n', files.Split('|').Select(file => $"bus/iio/devices/iio:device0/{file}")));
        await using var map = Map($"{{ name: d, class: iio, device: chip, points: {{ p: {{ channel: {channel} }} }} }}");

        await map.ReadAsync("d");
        Assert.Equal(value, map["p"]);
    }

    [Fact]
    public async Task An_iio_device_goes_by_what_it_is_bound_to_or_its_label()
    {
        _sys.Add("""
            bus/iio/devices/iio:device0 -> ../../../devices/platform/soc/fe804000.i2c/i2c-1/1-0076/iio:device0
            bus/iio/devices/iio:device0/name:bmp280
            bus/iio/devices/iio:device0/in_temp_input:20000
            bus/iio/devices/iio:device1 -> ../../../devices/platform/soc/fe804000.i2c/i2c-1/1-0077/iio:device1
            bus/iio/devices/iio:device1/name:bmp280
            bus/iio/devices/iio:device1/label:roof
            bus/iio/devices/iio:device1/in_temp_input:21000
            """);
        await using var map = Map("""
            { name: a, class: iio, device: 1-0076, points: { t: { channel: in_temp } } }
              - { name: b, class: iio, device: roof, points: { t: { channel: in_temp } } }
            """);

        await map.ReadAsync("a");
        Assert.Equal("20", map["t"]);
        await map.ReadAsync("b");
        Assert.Equal("21", map["t"]);
    }

    // ABI/testing/sysfs-bus-iio: in seconds.
    [Fact]
    public async Task A_setting_with_decimals_is_written_with_them()
    {
        _sys.Add("""
            bus/iio/devices/iio:device0/name:tsl2591
            bus/iio/devices/iio:device0/in_illuminance_integration_time:0.600000
            """);
        await using var map = Map("{ name: d, class: iio, device: tsl2591, points: { t: { channel: in_illuminance_integration_time, write: true } } }");

        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("d.t", PointValue.From(0.100m)));
        Assert.Equal(("bus/iio/devices/iio:device0/in_illuminance_integration_time", "0.1"), Assert.Single(_sys.Written));
    }

    [Fact]
    public async Task An_output_takes_a_value_in_its_unit()
    {
        _sys.Add("""
            bus/iio/devices/iio:device0/name:mcp4725
            bus/iio/devices/iio:device0/out_voltage0_raw:0
            bus/iio/devices/iio:device0/out_voltage0_scale:0.805664062
            """);
        await using var map = Map("{ name: d, class: iio, device: mcp4725, points: { v: { channel: out_voltage0, write: true } } }");

        Assert.Equal(WriteOutcome.Done, await map.WriteAsync("d.v", PointValue.From(1.65m)));
        Assert.Equal(("bus/iio/devices/iio:device0/out_voltage0_raw", "2048"), Assert.Single(_sys.Written));
        await map.ReadAsync("d");
        Assert.Equal("1.649999998976", map["v"]);
    }

    [Fact]
    public async Task Zones_supplies_and_leds_are_read_and_leds_written()
    {
        _sys.Add("""
            class/thermal/thermal_zone0/type:cpu-thermal
            class/thermal/thermal_zone0/temp:54529
            class/power_supply/BAT0/status:Discharging
            class/power_supply/BAT0/capacity:87
            class/power_supply/BAT0/voltage_now:12150000
            class/power_supply/BAT0/current_now:-1534000
            class/power_supply/BAT0/energy_now:42800000
            class/power_supply/BAT0/charge_type:Fast
            class/power_supply/BAT0/temp:312
            class/leds/ACT/brightness:0
            class/leds/ACT/max_brightness:255
            class/leds/ACT/trigger:none rc-feedback [mmc0] heartbeat
            """);
        await using var map = Map("""
            { name: cpu, class: thermal, device: cpu-thermal, points: { t: { channel: temp } } }
              - name: battery
                class: power-supply
                device: BAT0
                points:
                  status: { channel: status }
                  capacity: { channel: capacity }
                  voltage: { channel: voltage }
                  current: { channel: current_now }
                  energy: { channel: energy }
                  type: { channel: charge_type }
                  temperature: { channel: temp }
              - { name: led, class: led, device: ACT, points: { on: { channel: brightness, write: true }, trigger: { channel: trigger, write: true } } }
            """);

        await map.ReadAsync("cpu");
        Assert.Equal("54.529", map["t"]);
        await map.ReadAsync("battery");
        Assert.Equal(
            ["Discharging", "87", "12.15", "-1.534", "42.8", "Fast", "31.2"],
            new[] { "status", "capacity", "voltage", "current", "energy", "type", "temperature" }.Select(point => map[point]));
        await map.ReadAsync("led");
        Assert.Equal(("0", "mmc0"), (map["on"], map["trigger"]));

        await map.WriteAsync("led.trigger", PointValue.From("none"));
        await map.WriteAsync("led.on", PointValue.From(true));
        await map.WriteAsync("led.on", PointValue.From(17L));
        await map.WriteAsync("led.on", PointValue.From(false));
        Assert.Equal([("class/leds/ACT/trigger", "none"), ("class/leds/ACT/brightness", "255"), ("class/leds/ACT/brightness", "17"), ("class/leds/ACT/brightness", "0")], _sys.Written);
    }

    [Fact]
    public async Task A_channel_that_the_device_lacks_is_told_once_and_not_looked_for_at_every_read()
    {
        _sys.Add("class/hwmon/hwmon0/name:lm75\nclass/hwmon/hwmon0/temp1_input:25500");
        await using var map = Map("{ name: d, class: hwmon, device: lm75, points: { t: { channel: temp1 }, u: { channel: temp2 } } }");

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("d"));
            Assert.Equal(("25.5", "not-there"), (map["t"], map["u"]));
        }

        Assert.Equal("d on sysfs /sys: lm75 has no channel 'temp2'; it has temp1, and its attributes by their file names.", Assert.Single(map.Log.All));
        Assert.DoesNotContain(_sys.Reads, path => path.Contains("temp2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_channel_that_fails_is_bad_and_all_that_fail_are_the_device()
    {
        _sys.Add("class/hwmon/hwmon0/name:sht3x\nclass/hwmon/hwmon0/temp1_input:25500\nclass/hwmon/hwmon0/humidity1_input:50000");
        await using var map = Map("{ name: d, class: hwmon, device: sht3x, points: { t: { channel: temp1 }, h: { channel: humidity1 } } }");
        var fault = new BusException(BusReasons.NoAck, "It does not answer.");
        _sys.Faults["class/hwmon/hwmon0/temp1_input"] = new([fault, fault]);
        _sys.Faults["class/hwmon/hwmon0/humidity1_input"] = new([null, fault]);

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("d"));
        Assert.Equal(("no-ack", "50"), (map["t"], map["h"]));
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "no-ack"), await map.ReadAsync("d"));
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("d"));
    }

    [Fact]
    public async Task Devices_that_take_too_long_are_not_taken_for_one_bus()
    {
        _sys.Add("class/hwmon/hwmon0/name:a\nclass/hwmon/hwmon0/temp1_input:1\nclass/hwmon/hwmon1/name:b\nclass/hwmon/hwmon1/temp1_input:1");
        await using var map = Map("""
            { name: a, class: hwmon, device: a, points: { t: { channel: temp1 } } }
              - { name: b, class: hwmon, device: b, points: { t: { channel: temp1 } } }
            """);
        var fault = new BusException(BusReasons.Timeout, "It takes too long.");
        _sys.Faults["class/hwmon/hwmon0/temp1_input"] = new([fault]);
        _sys.Faults["class/hwmon/hwmon1/temp1_input"] = new([fault]);

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await map.ReadAsync("a"));
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await map.ReadAsync("b"));
    }

    [Fact]
    public async Task A_device_whose_channels_take_a_second_each_lets_others_in_between_and_its_bus_hangs_not()
    {
        var clock = new ManualTimeProvider();
        var slow = new SlowSysfs(clock);
        await using var map = SlowMap(slow, clock);
        Task<ReadOutcome>? other = null;
        slow.Reading = () => other ??= map.ReadAsync("machine");

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("slow"));

        Assert.Equal(Enumerable.Range(1, 12).Select(i => $"{i}"), Enumerable.Range(1, 12).Select(i => map[$"t{i}"]));
        Assert.Equal(ReadOutcome.Answered, await other!);
        var reads = slow.Reads.ToList();
        Assert.InRange(reads.IndexOf("class/thermal/thermal_zone0/temp"), reads.IndexOf("class/hwmon/hwmon0/temp1_input") + 1, reads.IndexOf("class/hwmon/hwmon0/temp3_input") - 1);
    }

    [Fact]
    public async Task A_device_that_does_not_answer_in_time_is_asked_for_one_of_its_channels_only()
    {
        var clock = new ManualTimeProvider();
        var slow = new SlowSysfs(clock);
        await using var map = SlowMap(slow, clock);
        slow.Reading = () => throw new BusException(BusReasons.Timeout, "It takes too long.");
        var began = clock.GetTimestamp();

        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "timeout"), await map.ReadAsync("slow"));

        Assert.Equal(TimeSpan.FromSeconds(1), clock.GetElapsedTime(began));
        Assert.All(Enumerable.Range(1, 12), i => Assert.Equal("timeout", map[$"t{i}"]));
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("machine"));
        Assert.Equal("51.2", map["temperature"]);
    }

    [Fact]
    public async Task Reads_of_a_dht_that_fail_are_repeated_and_counted()
    {
        await using var map = Dht();
        var io = new BusException(BusReasons.Failed, "It failed.");
        var late = new BusException(BusReasons.Timeout, "It took too long.");
        _sys.Faults["bus/iio/devices/iio:device0/in_temp_input"] = new([io, late]);

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("cellar"));
        Assert.Equal(("21.3", "48.3"), (map["temperature"], map["humidity"]));
        Assert.Equal([new("io-error", 1), new("timeout", 1)], map.Context.Errors.Of("cellar"));
    }

    [Fact]
    public async Task A_dht_whose_reads_fail_three_times_in_a_row_does_not_answer()
    {
        await using var map = Dht();
        var io = new BusException(BusReasons.Failed, "It failed.");
        _sys.Faults["bus/iio/devices/iio:device0/in_temp_input"] = new([io, io, io]);
        _sys.Faults["bus/iio/devices/iio:device0/in_humidityrelative_input"] = new([io]);
        Assert.Equal(new ReadOutcome(ReadStatus.NoAnswer, "io-error"), await map.ReadAsync("cellar"));
    }

    [Fact]
    public async Task A_device_whose_read_takes_long_holds_up_no_other_and_its_value_has_the_time_of_its_measurement()
    {
        using var blocking = new BlockingSysfs("bus/iio/devices/iio:device0/in_temp_input");
        blocking.Add("""
            bus/iio/devices/iio:device0/name:dht11@4
            bus/iio/devices/iio:device0/in_temp_input:21300
            class/hwmon/hwmon0/name:lm75
            class/hwmon/hwmon0/temp1_input:25500
            """);
        await using var map = new KernelMap("""
            bus: { sysfs: /sys }
            devices:
              - { name: cellar, class: iio, device: dht11, points: { temperature: { channel: in_temp } } }
              - { name: cpu, class: hwmon, device: lm75, points: { temperature: { channel: temp1 } } }
            """, new SysfsDriver(_ => blocking), memory: new FakeMemory());

        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("cellar"));
        Assert.Equal("not-ready", map["temperature"]);
        Assert.Equal(ReadOutcome.Answered, await map.ReadAsync("cpu"));
        Assert.Equal("25.5", map["temperature"]);
        Assert.False(blocking.IsOpen);

        blocking.IsOpen = true;
        await Eventually.TrueAsync(async () => await map.ReadAsync("cellar") == ReadOutcome.Answered && map["temperature"] == "21.3");

        // The last value again, as what it is, while the next takes its time.
        blocking.IsOpen = false;
        await Eventually.TrueAsync(async () =>
        {
            await map.ReadAsync("cellar");
            var measured = map.Sink["temperature"].Time;
            await map.ReadAsync("cellar");
            return map["temperature"] == "21.3" && map.Sink["temperature"].Time == measured;
        });
        blocking.IsOpen = true;
    }

    [Fact]
    public async Task A_device_whose_reads_fail_in_the_background_is_told_to_fail()
    {
        _sys.Add("""
            bus/iio/devices/iio:device0/name:dht11@4
            bus/iio/devices/iio:device0/in_temp_input:21300
            """);
        await using var map = new KernelMap(
            "bus: { sysfs: /sys }\ndevices: [{ name: cellar, class: iio, device: dht11, points: { temperature: { channel: in_temp } } }]\n",
            new SysfsDriver(_ => _sys), new HastyTimeProvider(), new FakeMemory());
        var io = new BusException(BusReasons.Failed, "It failed.");
        _sys.Faults["bus/iio/devices/iio:device0/in_temp_input"] = new(Enumerable.Repeat(io, 3));

        await Eventually.TrueAsync(async () => await map.ReadAsync("cellar") == new ReadOutcome(ReadStatus.NoAnswer, "io-error"));
        Assert.Equal("io-error", map["temperature"]);
        await Eventually.TrueAsync(async () => await map.ReadAsync("cellar") == ReadOutcome.Answered && map["temperature"] == "21.3");
    }

    [Fact]
    public void A_scan_lists_what_there_is_to_read_and_how_to_name_it()
    {
        _sys.Add("""
            class/hwmon/hwmon0/name:lm75
            class/hwmon/hwmon0/device -> ../../../1-0048
            class/hwmon/hwmon0/temp1_input:25500
            class/hwmon/hwmon1/name:lm75
            class/hwmon/hwmon1/device -> ../../../1-0049
            class/hwmon/hwmon1/temp1_input:26000
            class/hwmon/hwmon1/temp1_label:inlet
            class/hwmon/hwmon2/name:empty
            bus/iio/devices/iio:device0/name:bmp280
            bus/iio/devices/iio:device0/in_temp_input:20000
            bus/iio/devices/iio:device0/in_pressure_input:100.1
            class/leds/ACT/brightness:0
            """);
        _sys.Faults["bus/iio/devices/iio:device0/in_temp_input"] = new([new BusException(BusReasons.NoAck, "It does not answer.")]);

        var found = SysfsScanner.Scan(_sys);

        Assert.Equal([("hwmon", "1-0048"), ("hwmon", "1-0049"), ("iio", "bmp280"), ("led", "ACT")], found.Select(find => (find.Class, find.Device)));
        Assert.Equal([new SysfsFoundChannel("temp1", "inlet", "°C", "26", null)], found[1].Channels);
        Assert.Equal([new SysfsFoundChannel("in_pressure", null, "hPa", "1001", null), new SysfsFoundChannel("in_temp", null, "°C", null, "It does not answer.")], found[2].Channels);
    }

    private KernelMap Dht()
    {
        _sys.Add("""
            bus/iio/devices/iio:device0/name:dht11@4
            bus/iio/devices/iio:device0/in_temp_input:21300
            bus/iio/devices/iio:device0/in_humidityrelative_input:48300
            """);
        return new KernelMap("bus: { sysfs: /sys }\ndevices: [{ name: cellar, profile: aosong/dht22 }]\n", new SysfsDriver(_ => _sys), new HastyTimeProvider());
    }

    /// <summary>One attribute takes until it is let go.</summary>
    private sealed class BlockingSysfs(string path) : FakeSysfs, IDisposable
    {
        private readonly ManualResetEventSlim _gate = new();

        public bool IsOpen
        {
            get => _gate.IsSet;
            set
            {
                if (value)
                {
                    _gate.Set();
                }
                else
                {
                    _gate.Reset();
                }
            }
        }

        public override string Read(string attribute)
        {
            if (attribute == path)
            {
                _gate.Wait();
            }

            return base.Read(attribute);
        }

        public void Dispose()
        {
            IsOpen = true;
            _gate.Dispose();
        }
    }

    private static KernelMap SlowMap(SlowSysfs slow, ManualTimeProvider clock)
    {
        slow.Add("class/hwmon/hwmon0/name:lm75\nclass/thermal/thermal_zone0/type:cpu-thermal\nclass/thermal/thermal_zone0/temp:51200");
        var channels = Enumerable.Range(1, 12).ToList();
        channels.ForEach(i => slow.Add($"class/hwmon/hwmon0/temp{i}_input:{i}000"));
        return new KernelMap($$"""
            bus: { sysfs: /sys }
            devices:
              - { name: slow, class: hwmon, device: lm75, points: { {{string.Join(", ", channels.Select(i => $"t{i}: {{ channel: temp{i} }}"))}} } }
              - { name: machine, class: thermal, device: cpu-thermal, points: { temperature: { channel: temp } } }
            """, new SysfsDriver(_ => slow), clock);
    }

    private KernelMap Map(string devices) => new($"bus: {{ sysfs: /sys }}\ndevices:\n  - {devices}\n", new SysfsDriver(_ => _sys));
}
