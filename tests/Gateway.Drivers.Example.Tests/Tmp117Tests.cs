namespace Gateway.Drivers.Example.Tests;

public sealed class Tmp117Tests
{
    // SNOSD82 table 7-1.
    [Theory]
    [InlineData("8000", null)] // its reset value, §7.6.2
    [InlineData("F380", -25.0)]
    [InlineData("FFF0", -0.125)]
    [InlineData("FFFF", -0.0078125)]
    [InlineData("0000", 0.0)]
    [InlineData("0001", 0.0078125)]
    [InlineData("0010", 0.125)]
    [InlineData("0080", 1.0)]
    [InlineData("0C80", 25.0)]
    [InlineData("3200", 100.0)]
    [InlineData("7FFF", 255.9921875)]
    public void Temperatures_are_those_of_the_datasheet(string register, double? celsius) =>
        Assert.Equal((decimal?)celsius, Tmp117.ToCelsius(Convert.FromHexString(register)));

    [Theory]
    [InlineData("0117", true)]
    [InlineData("1117", true)]
    [InlineData("0116", false)]
    [InlineData("FFFF", false)]
    public void The_chip_is_known_by_its_id_whatever_its_revision(string register, bool isTmp117) =>
        Assert.Equal(isTmp117, Tmp117.IsTmp117(Convert.FromHexString(register)));
}
