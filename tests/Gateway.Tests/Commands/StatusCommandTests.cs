using Gateway.Commands;
using Gateway.Runtime;

namespace Gateway.Tests.Commands;

public sealed class StatusCommandTests
{
    [Fact]
    public void IsReadableAtAGlance()
    {
        using var output = new StringWriter();

        StatusCommand.Print(output, Statuses.Plant with { Problems = ["boiler.yaml:3:5: error: unknown key 'adress'"], Configuration = new(ConfigurationStatus.LastGood, Statuses.Now.AddMinutes(-5)) }, asJson: false, Statuses.Now);

        Assert.Equal("""
            plant1: gateway 0.1.0, running since 5 min; look at: configuration, devices, uplink, queue
            problem  boiler.yaml:3:5: error: unknown key 'adress'
            config   the last good one runs, of 5 min ago: what is on the disk is not valid
            devices  1 of 2 offline: pv
            uplink   mqtt://broker.example:1883 away since 3 min: connection refused
            queue    12 readings wait (4.1 kB on disk, the oldest since 3 min, 2 dropped)
            broker   mqtt://127.0.0.1:1883 (clients: 3)
            bus                      busy    answered  failed  left out  late: median  p99   most     errors
            modbus tcp 10.0.0.7:502  37.5 %  100       2       0         0.3 ms        4 ms  31.5 ms  12 timeout, 3 crc
            device  state             bus                      errors
            boiler  online            modbus tcp 10.0.0.7:502  none
            pv      offline: timeout  modbus tcp 10.0.0.7:502  12 timeout, 3 crc

            """, output.ToString());
    }

    [Theory]
    [InlineData("0.2.0", "the last good one runs, of 5 min ago, taken up by 0.2.0: what is on the disk is not valid")]
    [InlineData("0.1.0", "the last good one runs, of 5 min ago: what is on the disk is not valid")]
    [InlineData("", "the last good one runs, of 5 min ago: what is on the disk is not valid")]
    public void Says_which_other_version_took_up_what_runs(string version, string expected)
    {
        var status = Statuses.Plant with { Configuration = new(ConfigurationStatus.LastGood, Statuses.Now.AddMinutes(-5)) { Version = version } };

        Assert.Equal(expected, StatusReport.Describe(status, Statuses.Now)[0].Text);
    }

    [Fact]
    public void Says_at_a_glance_that_all_is_well()
    {
        using var output = new StringWriter();
        var plant = Statuses.Plant;
        var bus = plant.Buses[0];

        StatusCommand.Print(
            output,
            plant with
            {
                Uplinks = [plant.Uplinks[0] with { IsConnected = true }],
                Queue = plant.Queue with { DroppedSinceStart = 0 },
                Buses = [bus with { Devices = [bus.Devices[0]] }],
            },
            asJson: false,
            Statuses.Now);

        Assert.StartsWith("plant1: gateway 0.1.0, running since 5 min; all is well\ndevices  1, 1 online\n", output.ToString(), StringComparison.Ordinal);
    }
}
