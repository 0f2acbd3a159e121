using Gateway.Mqtt.Codec;

namespace Gateway.Mqtt.Tests.Codec;

public sealed class VariableByteIntegerTests
{
    // Table 1-1, MQTT 5.0 §1.5.5.
    [Theory]
    [InlineData(0u, "00")]
    [InlineData(127u, "7F")]
    [InlineData(128u, "8001")]
    [InlineData(321u, "C102")]
    [InlineData(16_383u, "FF7F")]
    [InlineData(16_384u, "808001")]
    [InlineData(2_097_151u, "FFFF7F")]
    [InlineData(2_097_152u, "80808001")]
    [InlineData(268_435_455u, "FFFFFF7F")]
    [Trait("Spec", "MQTT-1.5.5-1")]
    public void Has_the_standards_bytes(uint value, string hex)
    {
        Span<byte> written = stackalloc byte[4];
        var size = VariableByteInteger.Write(written, value);
        Assert.Equal(hex, Convert.ToHexString(written[..size]));
        Assert.Equal(size, VariableByteInteger.Measure(value));
        Assert.Equal(DecodeStatus.Complete, VariableByteInteger.TryRead(Convert.FromHexString(hex), out var read, out size));
        Assert.Equal((value, hex.Length / 2), (read, size));
    }

    [Theory]
    [InlineData("", DecodeStatus.Incomplete)]
    [InlineData("80", DecodeStatus.Incomplete)]
    [InlineData("FFFFFF", DecodeStatus.Incomplete)]
    [InlineData("FFFFFFFF", DecodeStatus.Malformed)]
    [InlineData("FFFFFFFF7F", DecodeStatus.Malformed)]
    [InlineData("8000", DecodeStatus.Malformed)]
    public void Is_incomplete_or_refused(string hex, DecodeStatus expected) =>
        Assert.Equal(expected, VariableByteInteger.TryRead(Convert.FromHexString(hex), out _, out _));
}
