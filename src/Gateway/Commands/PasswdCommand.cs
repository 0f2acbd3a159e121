using System.CommandLine;
using System.Text;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Access;

namespace Gateway.Commands;

/// <summary><c>gateway passwd</c>: the broker's users file.</summary>
internal static class PasswdCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The users file; made if it is not there" };
        var user = new Argument<string>("USER") { Description = "The user" };
        var command = new Command("passwd", "Adds a user to the broker's users file, or gives one a new password, which is read from the terminal or from standard input.")
        {
            file,
            user,
        };
        command.SetAction(arguments => Run(arguments.GetRequiredValue(file), arguments.GetRequiredValue(user), arguments.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string file, string user, TextWriter error)
    {
        var password = Console.IsInputRedirected ? Console.In.ReadLine() : AskTwice(error);
        if (string.IsNullOrEmpty(password))
        {
            throw CommandException.Failed("there is no password: type one, or give it in one line on standard input");
        }

        try
        {
            UsersFile.Set(file, user, password);
            return ExitCode.Done;
        }
        catch (Exception exception) when (exception is ArgumentException or MqttBrokerException)
        {
            throw CommandException.Failed(exception.Message.Split(" (Parameter", 2)[0].TrimEnd('.'), exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failed($"{file} cannot be written ({exception.Message.TrimEnd('.')})", exception);
        }
    }

    private static string AskTwice(TextWriter error)
    {
        var first = Ask(error, "Password: ");
        return first == Ask(error, "Again: ") ? first : throw CommandException.Failed("the passwords differ: try again");
    }

    private static string Ask(TextWriter error, string prompt)
    {
        error.Write(prompt);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        error.WriteLine();
        return typed.ToString();
    }
}
