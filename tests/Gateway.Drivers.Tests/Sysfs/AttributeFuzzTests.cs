using System.Text;
using Gateway.Drivers.Sysfs;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Sysfs;

/// <summary>What attributes say, damaged.</summary>
public sealed class AttributeFuzzTests
{
    private static readonly byte[][] Texts =
    [
        .. ((string[])["21500\n", "-127", "1e-05", "79228162514264337593543950335", "7e28", "-9223372036854775808", "none [mmc0] heartbeat", "[ ]", "0x1F", "N/A", "Charging\n"])
            .Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>A text is a number, a word or a text, whatever it is multiplied with, and nothing throws.</summary>
    [Fact]
    public void Whatever_an_attribute_says_it_is_a_value()
    {
        var random = new Random(20261123);
        decimal[] factors = [1, 0.001m, 1000, 1_000_000_000];
        for (var round = 0; round < 20_000 * Fuzz.Factor; round++)
        {
            var text = Texts[random.Next(Texts.Length)];
            AttributeText.Parse(Encoding.UTF8.GetString(random.Next(5) == 0 ? text : Fuzz.Mutate(text, random)), factors[random.Next(factors.Length)]);
        }
    }
}
