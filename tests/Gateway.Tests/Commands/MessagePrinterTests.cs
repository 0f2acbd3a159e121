using System.Text;
using Gateway.Commands;

namespace Gateway.Tests.Commands;

/// <summary>Expected output is that of mosquitto_sub 2.0.11.</summary>
public sealed class MessagePrinterTests
{
    [Theory]
    [InlineData(false, true, "21.5", "21.5\n")]
    [InlineData(true, true, "21.5", "a/b 21.5\n")]
    [InlineData(false, false, "21.5", "21.5")]
    [InlineData(true, false, "21.5", "a/b 21.5")]
    [InlineData(false, true, "", "")]
    [InlineData(true, true, "", "a/b (null)\n")]
    [InlineData(true, false, "", "")]
    public void Prints_as_mosquitto_sub_does(bool isVerbose, bool hasLineEnds, string payload, string expected)
    {
        using var output = new MemoryStream();
        var printer = new MessagePrinter(output, TextWriter.Null) { IsVerbose = isVerbose, HasLineEnds = hasLineEnds };

        printer.Print("a/b", Encoding.UTF8.GetBytes(payload));

        Assert.Equal(expected, Encoding.UTF8.GetString(output.ToArray()));
    }
}
