using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Yaml;

namespace Gateway.DeviceMaps.Tests.Yaml;

public class YamlReaderTests
{
    [Theory]
    [InlineData("a: on", "on", false)]
    [InlineData("a: no", "no", false)]
    [InlineData("a: n", "n", false)]
    [InlineData("a: 010", "010", false)]
    [InlineData("a: 1:30", "1:30", false)]
    [InlineData("a: \"5\"", "5", true)]
    [InlineData("a: '5'", "5", true)]
    [InlineData("a: !!str 5", "5", true)]
    [InlineData("a: |\n  5", "5", true)]
    [InlineData("a: \"\\r\\n\"", "\r\n", true)]
    [InlineData("a: m³ # comment", "m³", false)]
    [InlineData("\"a\": x", "x", false)]
    [InlineData("? a\n: x", "x", false)]
    public void A_scalar_keeps_its_text_and_its_quotes(string yaml, string text, bool isQuoted)
    {
        var scalar = Assert.IsType<YamlScalar>(ReadOne(yaml).Find("a")!.Value);

        Assert.Equal((text, isQuoted), (scalar.Text, scalar.IsQuoted));
    }

    [Theory]
    [InlineData("a:", true)]
    [InlineData("a: ~", true)]
    [InlineData("a: null", true)]
    [InlineData("a: # nothing", true)]
    [InlineData("a: ''", false)]
    [InlineData("a: 'null'", false)]
    [InlineData("a: nil", false)]
    public void No_value_is_told_from_an_empty_text(string yaml, bool isNull) =>
        Assert.Equal(isNull, Assert.IsType<YamlScalar>(ReadOne(yaml).Find("a")!.Value).IsNull);

    [Fact]
    public void Places_count_from_one_whatever_the_line_ends()
    {
        var map = ReadOne("# first\r\na: 1\r\nb:\r\n  - c: [1, 22]\r\n");

        Assert.Equal("f:2:1", map.Find("a")!.KeyLocation.ToString());
        Assert.Equal("f:2:4", map.Find("a")!.Value.Location.ToString());
        var item = Assert.IsType<YamlMapping>(Assert.IsType<YamlSequence>(map.Find("b")!.Value).Items[0]);
        Assert.Equal("f:4:12", Assert.IsType<YamlSequence>(item.Find("c")!.Value).Items[1].Location.ToString());
    }

    [Fact]
    public void An_alias_is_what_its_anchor_was_when_it_stood_above()
    {
        var map = ReadOne("a: &x { v: 1 }\nb: *x\nc: &x 2\nd: *x\n");

        Assert.Same(map.Find("a")!.Value, map.Find("b")!.Value);
        Assert.Equal("2", Assert.IsType<YamlScalar>(map.Find("d")!.Value).Text);
    }

    [Fact]
    public void An_anchor_ends_with_its_document() =>
        Assert.Equal("there is no '&x' above for '*x'; a text that begins with '*' must be in quotes: \"*x\"", Fails("a: &x 1\n---\nb: *x\n").Message);

    [Fact]
    public void What_comes_before_a_syntax_error_is_still_read()
    {
        var diagnostics = new List<Diagnostic>();

        Assert.Single(YamlReader.Read("f", "a: 1\n---\nb: @\n", diagnostics));
        Assert.Single(diagnostics);
    }

    [Theory]
    [InlineData(YamlLimits.MaximumDepth - 1, true)]
    [InlineData(YamlLimits.MaximumDepth, false)]
    public void Depth_is_bounded(int lists, bool isAllowed)
    {
        var diagnostics = new List<Diagnostic>();
        YamlReader.Read("f", new string('[', lists) + "x" + new string(']', lists), diagnostics);

        Assert.Equal(isAllowed, diagnostics.Count == 0);
    }

    [Fact]
    public void Aliases_count_towards_depth()
    {
        var yaml = new StringBuilder("a0: &a0 [x]\n");
        for (var i = 1; i <= YamlLimits.MaximumDepth; i++)
        {
            yaml.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}]\n");
        }

        Assert.Contains("32 levels", Fails(yaml.ToString()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_too_large_is_not_parsed()
    {
        var diagnostics = new List<Diagnostic>();
        var files = new MemoryFiles { ["f"] = new string('#', YamlLimits.MaximumFileSize + 1) };

        Assert.Null(SourceText.Read(files, "f", diagnostics));
        Assert.Equal("f: error: the file is larger than 4 MiB; split it", Assert.Single(diagnostics).ToString());
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_key()
    {
        var diagnostics = new List<Diagnostic>();
        var text = SourceText.Read(new MemoryFiles { ["f"] = "\uFEFFa: 1\n" }, "f", diagnostics);

        Assert.Equal("a: 1\n", text);
    }

    private static YamlMapping ReadOne(string yaml)
    {
        var diagnostics = new List<Diagnostic>();
        var documents = YamlReader.Read("f", yaml, diagnostics);
        Assert.Empty(diagnostics);
        return Assert.IsType<YamlMapping>(Assert.Single(documents));
    }

    private static Diagnostic Fails(string yaml)
    {
        var diagnostics = new List<Diagnostic>();
        YamlReader.Read("f", yaml, diagnostics);
        return Assert.Single(diagnostics);
    }
}
