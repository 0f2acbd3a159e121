using Spectre.Console;

namespace Gateway.Commands;

/// <summary>How progress is drawn on a terminal: a bar, the share, the time that is left, and words; gone at the end.</summary>
internal static class ProgressView
{
    /// <summary>A drawing on standard error, which leaves standard output to what was asked for.</summary>
    public static Progress On(TextWriter error) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) })
            .Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn());
}
