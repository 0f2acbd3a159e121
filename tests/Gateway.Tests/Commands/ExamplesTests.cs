using System.CommandLine;
using System.Text.RegularExpressions;
using Gateway.Commands;

namespace Gateway.Tests.Commands;

/// <summary>What is there to be copied.</summary>
public sealed partial class ExamplesTests
{
    public static TheoryData<string> Verbs => [.. Leaves(CommandLine.CreateRoot()).Select(Examples.NameOf)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_has_examples_which_are_in_its_help_and_are_valid(string verb)
    {
        var root = CommandLine.CreateRoot();
        var command = Leaves(root).Single(each => Examples.NameOf(each) == verb);
        var examples = Examples.Of(command);
        using var help = new StringWriter();
        Assert.Equal(0, await CommandLine.RunAsync([.. verb.Split(' '), "--help"], help, TextWriter.Null, CancellationToken.None));

        Assert.NotEmpty(examples);
        Assert.All(examples, example =>
        {
            Assert.Contains($"\n  {example.Line}\n", help.ToString(), StringComparison.Ordinal);
            var words = Word.Matches(example.Line.Split(" > ")[0].Split(" | ")[0]).Select(match => match.Value.Trim('\'')).ToArray();
            var parsed = root.Parse(words[1..]);
            Assert.True(parsed.Errors.Count == 0, $"{example.Line}: {string.Join(' ', parsed.Errors.Select(error => error.Message))}");
            Assert.Same(command, parsed.CommandResult.Command);
        });
    }

    [Fact]
    public void The_manual_page_has_every_verb()
    {
        var page = ManualCommand.Write(CommandLine.CreateRoot());
        foreach (var verb in Leaves(CommandLine.CreateRoot()))
        {
            Assert.Contains($".SS gateway {Examples.NameOf(verb)}", page, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("'[^']*'|[^ ]+")]
    private static partial Regex Word { get; }

    private static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.SelectMany(each => each.Subcommands.Count > 0 ? Leaves(each) : [each]);
}
