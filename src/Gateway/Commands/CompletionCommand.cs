using System.CommandLine;

namespace Gateway.Commands;

/// <summary>
/// <c>gateway completion</c>: what a shell reads to complete command lines. The words come from <c>gateway [suggest:POSITION] LINE</c>, so that the
/// scripts need no change where verbs do.
/// </summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            # Completes 'gateway' in bash.
            _gateway() {
                local words
                words=$(gateway "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
            }
            complete -o default -F _gateway gateway
            """,
        ["zsh"] = """
            #compdef gateway
            # Completes 'gateway' in zsh.
            _gateway() {
                local -a words
                words=("${(@f)$(gateway "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                [[ -n "${words[*]}" ]] && compadd -- "${words[@]}"
                _files
            }
            compdef _gateway gateway
            """,
        ["fish"] = """
            # Completes 'gateway' in fish.
            function __gateway_words
                set -l line (commandline -cp)
                gateway "[suggest:"(string length -- $line)"]" $line 2>/dev/null
            end
            complete -c gateway -a '(__gateway_words)'
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Prints the script by which a shell completes this program's command lines.") { shell };
        command.SetAction(arguments => arguments.InvocationConfiguration.Output.WriteLine(Scripts[arguments.GetRequiredValue(shell)]));
        return command;
    }
}
