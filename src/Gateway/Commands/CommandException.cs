namespace Gateway.Commands;

/// <summary>A verb that cannot go on: one sentence for standard error, and the exit code.</summary>
internal sealed class CommandException : Exception
{
    private CommandException(int exitCode, string message, Exception? inner)
        : base(message, inner) => ExitCode = exitCode;

    /// <summary>What the process returns; see <see cref="Commands.ExitCode"/>.</summary>
    public int ExitCode { get; }

    /// <summary>The answer is no, or input is invalid.</summary>
    public static CommandException Failed(string message, Exception? inner = null) => new(Commands.ExitCode.Failed, message, inner);

    /// <summary>The command line makes no sense.</summary>
    public static CommandException Usage(string message) => new(Commands.ExitCode.Usage, message, null);
}
