using Gateway.Runtime.HomeAssistant;

namespace Gateway.Runtime.Tests.HomeAssistant;

public class SensorUnitTests
{
    [Theory]
    [InlineData("flow", "°C", "°C", "temperature", "measurement")]
    [InlineData("power", "W", "W", "power", "measurement")]
    [InlineData("energy_import", "kWh", "kWh", "energy", "total_increasing")]
    [InlineData("heat", "Ws", "J", "energy", "total_increasing")]
    [InlineData("battery_capacity", "kWh", "kWh", "energy_storage", "measurement")]
    [InlineData("remaining_energy", "Wh", "Wh", "energy_storage", "measurement")]
    [InlineData("water_tank", "m³", "m³", "volume_storage", "measurement")]
    [InlineData("oil_level", "l", "L", "volume_storage", "measurement")]
    [InlineData("voltage_l1", "V", "V", "voltage", "measurement")]
    [InlineData("reactive", "kvar", "kvar", null, "measurement")]
    [InlineData("reactive", "var", "var", "reactive_power", "measurement")]
    [InlineData("humidity", "%", "%", "humidity", "measurement")]
    [InlineData("outside", "%RH", "%", "humidity", "measurement")]
    [InlineData("battery_soc", "%", "%", "battery", "measurement")]
    [InlineData("load", "%", "%", null, "measurement")]
    [InlineData("power_factor_l1", null, null, "power_factor", "measurement")]
    [InlineData("co2", "ppm", "ppm", "carbon_dioxide", "measurement")]
    [InlineData("methane", "ppm", "ppm", null, "measurement")]
    [InlineData("pm10", "µg/m³", "µg/m³", "pm10", "measurement")]
    [InlineData("water_meter", "m³", "m³", "water", "total_increasing")]
    [InlineData("gas", "m3", "m³", "gas", "total_increasing")]
    [InlineData("total", "m³", "m³", "volume", "total_increasing")]
    [InlineData("flow", "l/min", "L/min", "volume_flow_rate", "measurement")]
    [InlineData("wind_speed", "m/s", "m/s", "wind_speed", "measurement")]
    [InlineData("rain", "mm", "mm", "precipitation", "measurement")]
    [InlineData("level", "mm", "mm", "distance", "measurement")]
    [InlineData("chlorine", "mg/L", "mg/L", null, "measurement")]
    public void A_unit_and_a_name_make_a_sensor(string name, string? unit, string? expectedUnit, string? deviceClass, string stateClass) =>
        Assert.Equal(new SensorUnit(expectedUnit, deviceClass, stateClass), SensorUnit.Of(Points.Point(name, unit: unit)));

    [Fact]
    public void What_only_grows_is_a_total_and_a_balance_goes_both_ways()
    {
        Assert.Equal("total_increasing", SensorUnit.Of(Points.Point("pieces", unit: null, monotonic: true)).StateClass);
        Assert.Equal("total", SensorUnit.Of(Points.Point("balance", unit: "kWh", minimum: -1000)).StateClass);
    }
}
