using Gateway.Linux.OneWire;

namespace Gateway.Linux.Tests.OneWire;

/// <summary>What w1_therm writes, from sensors that people own.</summary>
public class ScratchpadTests
{
    [Theory]
    [InlineData("72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125", 23125, true)]
    [InlineData("24 01 4b 46 7f ff 0c 10 48 : crc=48 YES\n24 01 4b 46 7f ff 0c 10 48 t=18250", 18250, true)]
    [InlineData("01 01 4b 46 7f ff 0f 10 e3 : crc=e3 YES\n01 01 4b 46 7f ff 0f 10 e3 t=16062", 16062, true)]
    [InlineData("50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000", 85000, true)]
    [InlineData("72 01 4b 46 7f ff 0e 10 57 : crc=c5 NO\n72 01 4b 46 7f ff 0e 10 57 t=23125", 23125, false)]
    [InlineData("73 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n73 01 4b 46 7f ff 0e 10 57 t=23187", 23187, false)]
    public void Both_lines_are_read_and_the_crc_checked(string text, int temperature, bool isIntact)
    {
        var pad = Scratchpad.Parse(text)!;

        Assert.Equal((temperature, isIntact, false), (pad.MilliCelsius, pad.IsIntact, pad.IsEmpty));
    }

    [Theory]
    [InlineData("")]
    [InlineData("72 01 4b 46 7f ff 0e 10 57 : crc=57 YES")]
    [InlineData("72 01 4b : crc=57 YES\n72 01 4b t=1")]
    [InlineData("72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=")]
    public void Anything_else_is_not(string text) => Assert.Null(Scratchpad.Parse(text));

    [Theory]
    [InlineData("28-00000a1b2c3d", true)]
    [InlineData("28-00000A1B2C3D", false)]
    [InlineData("28.00000a1b2c3d", false)]
    [InlineData("28-00000a1b2c3", false)]
    [InlineData("w1_bus_master1x", false)]
    public void An_id_is_as_the_kernel_writes_it(string text, bool isId) => Assert.Equal(isId, OneWireMaster.IsId(text));
}
