namespace Gateway.Drivers.Tests.I2c;

/// <summary>What <c>check</c> reckons of the time that a bus of chips is busy.</summary>
public class ChipLoadTests
{
    [Theory]
    // UM10204, 3.1: nine bits a byte, here address, register, address again and two bytes; two starts and a stop.
    [InlineData("bus: { i2c: 1 }\ndevices: [{ name: a, sensor: lm75, every: 1 s }]\n", 0.00049, "1 reads a second with 1 transfers, 0.49 ms each, at 100 kbit/s")]
    // SHT4x datasheet, 4.1: address and command, then address and six bytes; between them the bus is free.
    [InlineData("bus: { i2c: 1 }\ndevices: [{ name: a, sensor: sht4x, every: 100 ms }]\n", 0.0085, "10 reads a second with 20 transfers, 0.85 ms each, at 100 kbit/s")]
    // DS21295, 6.1: three bytes.
    [InlineData("bus: { spi: 0.0, speed: 1000000 }\ndevices: [{ name: a, sensor: mcp3008, every: 1 s, points: { v: { field: ch3 } } }]\n", 0.000024, "1 reads a second with 1 transfers, 0.02 ms each, at 1000 kHz")]
    public void Chips_take_the_time_of_their_bytes(string map, double utilisation, string arithmetic)
    {
        var drivers = DriverCatalog.Create();
        var bus = I2cMap.Load(map, drivers);

        var load = drivers.First(driver => driver.Schema.Name == bus.DriverName).EstimateLoad(bus)!;

        Assert.Equal(utilisation, load.Utilisation, 7);
        Assert.Equal(arithmetic, load.Arithmetic);
    }

    [Fact]
    public void A_bus_that_is_asked_for_more_than_it_can_is_above_all_of_its_time()
    {
        var drivers = DriverCatalog.Create();
        var devices = string.Join('\n', Enumerable.Range(0, 8).Select(channel => $"  - {{ name: s{channel}, sensor: bme280, every: 20 ms, mux: {{ channel: {channel} }} }}"));

        var bus = I2cMap.Load($"bus: {{ i2c: 1 }}\ndevices:\n{devices}\n", drivers);

        Assert.InRange(drivers.First(driver => driver.Schema.Name == "i2c").EstimateLoad(bus)!.Utilisation, 0.7, 3);
    }

    [Fact]
    public void Every_sensor_has_an_estimate()
    {
        var drivers = DriverCatalog.Create();
        foreach (var sensor in Drivers.I2c.I2cSensors.All.Values.Where(type => type.Profile is not null))
        {
            var bus = I2cMap.Load($"bus: {{ i2c: 1 }}\ndevices: [{{ name: a, sensor: {sensor.Name}, every: 1 s }}]\n", drivers);

            Assert.InRange(drivers.First(driver => driver.Schema.Name == "i2c").EstimateLoad(bus)!.Utilisation, 0.0001, 0.1);
        }
    }
}
