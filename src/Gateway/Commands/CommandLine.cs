using System.CommandLine;
using System.CommandLine.Help;

namespace Gateway.Commands;

/// <summary>The verbs, and what they have in common: how usage errors and failures are said, and the exit codes.</summary>
internal static class CommandLine
{
    // A topic, a payload or a file name is taken as it is: no bundles of short flags, no @response files.
    private static readonly ParserConfiguration Parsing = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>All verbs.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Turns wired hardware into MQTT.")
        {
            InitCommand.Create(),
            RunCommand.Create(),
            DemoCommand.Create(),
            CheckCommand.Create(),
            DiffCommand.Create(),
            DoctorCommand.Create(),
            ScanCommand.Create(),
            ProbeCommand.Create(),
            ReadCommand.Create(),
            WriteCommand.Create(),
            WatchCommand.Create(),
            SimulateCommand.Create(),
            BrokerCommand.Create(),
            PubCommand.Create(),
            SubCommand.Create(),
            QueueCommand.Create(),
            StatusCommand.Create(),
            MapsCommand.Create(),
            PasswdCommand.Create(),
            CompletionCommand.Create(),
            ManualCommand.Create(),
        };

        // -h is the host of pub and sub.
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Options.Add(new HelpOption("--help") { Recursive = true, Action = new HelpWithExamples(new HelpAction()) });
        return root;
    }

    /// <summary>Runs one command line. Returns an <see cref="ExitCode"/>.</summary>
    /// <param name="args">What follows the program's name.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="cancellationToken">Ctrl-C and SIGTERM.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var parsed = CreateRoot().Parse(args, Parsing);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            return Explain(error, ExitCode.Usage, $"{parsed.Errors[0].Message.TrimEnd('.', ' ')}; see '{NameOf(parsed)} --help'");
        }

        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (CommandException exception)
        {
            return Explain(error, exception.ExitCode, exception.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
    }

    private static int Explain(TextWriter error, int exitCode, string sentence)
    {
        error.WriteLine($"gateway: {sentence}");
        return exitCode;
    }

    private static string NameOf(ParseResult parsed) => $"gateway {Examples.NameOf(parsed.CommandResult.Command)}".TrimEnd();
}
