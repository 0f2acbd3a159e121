using Gateway.Drivers.Modbus;

namespace Gateway.Drivers.Tests.Modbus;

public sealed class RegisterInterpretationTests
{
    // 230.5 as IEEE 754 single: 0x43668000.
    private static readonly Dictionary<int, ushort> Registers = new() { [99] = 0, [100] = 0x4366, [101] = 0x8000, [102] = 0xFFFF };

    [Theory]
    [InlineData(100, "float32", "ABCD", "230.5", true)]
    [InlineData(99, "uint16", "ABCD", "0", false)]
    [InlineData(100, "uint16", "ABCD", "17254", true)]
    [InlineData(100, "int16", "BADC", "26179", true)]
    [InlineData(100, "uint32", "ABCD", "1130790912", false)]
    [InlineData(100, "bcd16", "ABCD", "4366", true)]
    [InlineData(100, "bcd16", "BADC", "6643", true)]
    [InlineData(101, "int16", "ABCD", "-32768", false)]
    [InlineData(101, "bcd16", "ABCD", "8000", false)]
    [InlineData(101, "int32", "ABCD", "-2147418113", false)]
    public void Shows_each_type_in_each_order_and_marks_what_may_well_be_meant(int address, string type, string order, string value, bool isPlausible)
    {
        var found = RegisterInterpretation.All(Registers, 99, 101).Single(number => (number.Address, number.Type, number.Order) == (address, type, order));
        Assert.Equal((value, isPlausible), (found.Value, found.IsPlausible));
    }

    [Fact]
    public void Digits_that_are_none_are_a_dash()
    {
        var found = RegisterInterpretation.All(Registers, 102, 102).Single(number => number is { Type: "bcd16", Order: "ABCD" });
        Assert.Equal(("–", false), (found.Value, found.IsPlausible));
    }

    [Fact]
    public void What_reaches_past_what_is_known_is_left_out() =>
        Assert.DoesNotContain(RegisterInterpretation.All(Registers, 102, 103), number => number.Address == 103 || number.Type == "uint32");
}
