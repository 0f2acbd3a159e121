using System.Buffers;
using System.Text;
using Gateway.Abstractions;
using Gateway.Runtime.Commands;

namespace Gateway.Runtime.Tests.Commands;

public sealed class CommandPayloadTests
{
    public static TheoryData<string, PointValue> Commands => new()
    {
        { "21.5", PointValue.From(21.5m) },
        { " 7 ", PointValue.From(7L) },
        { "-9223372036854775808", PointValue.From(long.MinValue) },
        { "18446744073709551615", PointValue.From(ulong.MaxValue) },
        { "1e40", PointValue.From(1e40) },
        { "true", PointValue.From(true) },
        { "eco", PointValue.From("eco") },
        { "\"eco\"", PointValue.From("eco") },
        { "ON", PointValue.From("ON") },
        { """{"value":21.5}""", PointValue.From(21.5m) },
        { """{"value":"eco","by":"me"}""", PointValue.From("eco") },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_is_understood(string payload, PointValue expected)
    {
        Assert.True(CommandPayload.TryParse(Sequence(Encoding.UTF8.GetBytes(payload)), out var value, out var error), error);
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("", "the command is empty; send a value")]
    [InlineData("""{"valu":1}""", """the command has no "value"; send a bare value or {"value":…}""")]
    [InlineData("[1]", "the command's value must be a number, a text, true or false")]
    [InlineData("1e999", "the command's value must be a number, a text, true or false")]
    [InlineData("null", "the command's value must be a number, a text, true or false")]
    public void Another_is_refused_with_a_sentence(string payload, string expected)
    {
        Assert.False(CommandPayload.TryParse(Sequence(Encoding.UTF8.GetBytes(payload)), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        Assert.False(CommandPayload.TryParse(Sequence([0xC3, 0x28]), out _, out var error));
        Assert.Equal("the command is neither JSON nor UTF-8 text", error);
    }

    [Fact]
    public void Answers_are_the_documented_JSON()
    {
        Assert.Equal("""{"ok":true,"value":21.5}""", Encoding.UTF8.GetString(CommandPayload.Succeeded(PointValue.From(21.5m))));
        Assert.Equal("""{"ok":false,"error":"no"}""", Encoding.UTF8.GetString(CommandPayload.Failed("no")));
    }

    private static ReadOnlySequence<byte> Sequence(byte[] bytes) => new(bytes);
}
