using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Modbus.Values;

namespace Gateway.Modbus.Tests.Values;

public sealed class RegisterCodecTests
{
    private static readonly ByteOrder[] Orders = Enum.GetValues<ByteOrder>();

    private static readonly Gen<int> Digits =
        from digits in Gen.ArrayOf(Gen.Choose(0, 9), 4)
        select digits.Aggregate(0, (all, digit) => (16 * all) + digit);

    // 123456.0f is 47 F1 20 00; 0x0102030405060708 shows each byte's place. Orders as in the type's documentation.
    [Theory]
    [InlineData(ByteOrder.ABCD, new ushort[] { 0x47F1, 0x2000 }, new ushort[] { 0x0102, 0x0304, 0x0506, 0x0708 })]
    [InlineData(ByteOrder.CDAB, new ushort[] { 0x2000, 0x47F1 }, new ushort[] { 0x0708, 0x0506, 0x0304, 0x0102 })]
    [InlineData(ByteOrder.BADC, new ushort[] { 0xF147, 0x0020 }, new ushort[] { 0x0201, 0x0403, 0x0605, 0x0807 })]
    [InlineData(ByteOrder.DCBA, new ushort[] { 0x0020, 0xF147 }, new ushort[] { 0x0807, 0x0605, 0x0403, 0x0201 })]
    public void Each_order_has_its_place_for_each_byte(ByteOrder order, ushort[] single, ushort[] wide)
    {
        Assert.Equal(123456f, RegisterCodec.Decode(single, RegisterType.Float32, order).Single);
        Assert.Equal(0x0102030405060708, RegisterCodec.Decode(wide, RegisterType.Int64, order).Int64);
    }

    [Theory]
    [InlineData(RegisterType.Int16, new ushort[] { 0xFFFE }, "-2")]
    [InlineData(RegisterType.UInt16, new ushort[] { 0xFFFE }, "65534")]
    [InlineData(RegisterType.Int32, new ushort[] { 0xFFFF, 0xFFFE }, "-2")]
    [InlineData(RegisterType.UInt32, new ushort[] { 0xFFFF, 0xFFFE }, "4294967294")]
    [InlineData(RegisterType.Int64, new ushort[] { 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE }, "-2")]
    [InlineData(RegisterType.UInt64, new ushort[] { 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE }, "18446744073709551614")]
    [InlineData(RegisterType.Float32, new ushort[] { 0x3DCC, 0xCCCD }, "0.1")]
    [InlineData(RegisterType.Float64, new ushort[] { 0x3FB9, 0x9999, 0x9999, 0x999A }, "0.1")]
    [InlineData(RegisterType.Float32, new ushort[] { 0x7FC0, 0x0000 }, "NaN")]
    public void Values_read_as_their_type_says(RegisterType type, ushort[] registers, string expected) =>
        Assert.Equal(expected, RegisterCodec.Decode(registers, type, ByteOrder.ABCD).ToString());

    [Fact]
    public void What_is_read_can_be_written_back()
    {
        var cases =
            from type in Gen.Elements(Enum.GetValues<RegisterType>().Where(t => !t.IsFloat()))
            from order in Gen.Elements(Orders)
            from registers in Gen.ArrayOf((type.IsBcd() ? Digits : Gen.Choose(0, ushort.MaxValue)).Select(r => (ushort)r), type.RegisterCount())
            select (type, order, registers);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var value = RegisterCodec.Decode(c.registers, c.type, c.order);
            var number = c.type == RegisterType.UInt64 ? (decimal)value.UInt64 : value.Int64;
            var written = new ushort[c.registers.Length];
            return RegisterCodec.TryEncode(number, c.type, c.order, written) && written.SequenceEqual(c.registers);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Floats_go_there_and_back()
    {
        var cases = from value in ArbMap.Default.GeneratorFor<double>() from order in Gen.Elements(Orders) select (value, order);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var registers = new ushort[4];
            return RegisterCodec.TryEncode(c.value, RegisterType.Float64, c.order, registers)
                && RegisterCodec.Decode(registers, RegisterType.Float64, c.order).Double.Equals(c.value);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(RegisterType.UInt16, "65536")]
    [InlineData(RegisterType.UInt16, "-1")]
    [InlineData(RegisterType.Int16, "32768")]
    [InlineData(RegisterType.Int16, "-32769")]
    [InlineData(RegisterType.Int16, "1.5")]
    [InlineData(RegisterType.UInt64, "18446744073709551616")]
    [InlineData(RegisterType.Int64, "9223372036854775808")]
    public void A_value_that_does_not_fit_is_refused(RegisterType type, string value)
    {
        var registers = new ushort[] { 7, 7, 7, 7 };

        Assert.False(RegisterCodec.TryEncode(decimal.Parse(value, CultureInfo.InvariantCulture), type, ByteOrder.ABCD, registers));
        Assert.Equal([7, 7, 7, 7], registers);
    }

    [Theory]
    [InlineData(RegisterType.UInt16, double.NaN)]
    [InlineData(RegisterType.UInt64, double.PositiveInfinity)]
    [InlineData(RegisterType.Int64, 1e300)]
    [InlineData(RegisterType.Float32, 1e300)]
    public void A_double_that_does_not_fit_is_refused(RegisterType type, double value) =>
        Assert.False(RegisterCodec.TryEncode(value, type, ByteOrder.ABCD, new ushort[4]));

    [Theory]
    [InlineData(ByteOrder.ABCD, new ushort[] { 0x4142, 0x4320, 0x0000 }, "ABC")]
    [InlineData(ByteOrder.BADC, new ushort[] { 0x4241, 0x0043, 0x0000 }, "ABC")]
    [InlineData(ByteOrder.ABCD, new ushort[] { 0xC2B0, 0x4300, 0x2020 }, "°C")]
    [InlineData(ByteOrder.ABCD, new ushort[] { 0xB043, 0x0000, 0x2020 }, "°C")]
    public void Text_is_read_without_its_padding(ByteOrder order, ushort[] registers, string expected) =>
        Assert.Equal(expected, RegisterText.Decode(registers, TextEncoding.Utf8, order));

    [Fact]
    public void Text_is_written_with_padding_or_not_at_all()
    {
        var registers = new ushort[2];

        Assert.True(RegisterText.TryEncode("ABC", TextEncoding.Utf8, ByteOrder.ABCD, '\0', registers));
        Assert.Equal([0x4142, 0x4300], registers);
        Assert.False(RegisterText.TryEncode("ABCDE", TextEncoding.Utf8, ByteOrder.ABCD, '\0', registers));
    }

    [Fact]
    public void Bits_count_from_the_least_significant()
    {
        Assert.Equal(1UL, RegisterBits.Get(0x0008, 3, 1));
        Assert.Equal(0xBUL, RegisterBits.Get(0x00B0, 4, 4));
        Assert.Equal(0x8000UL, RegisterBits.With(0, 15, 1, 1));
        Assert.Equal(0xFF5FUL, RegisterBits.With(0xFFFF, 4, 4, 5));
        Assert.Equal(ulong.MaxValue, RegisterBits.Get(ulong.MaxValue, 0, 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => RegisterBits.Get(0, 60, 5));
    }
}
