using System.CommandLine;

namespace Gateway.Commands;

/// <summary><c>gateway write</c>: writes a point and shows what was read back.</summary>
internal static class WriteCommand
{
    public static Command Create()
    {
        var options = new ServiceOptions();
        var name = new Argument<string>("DEVICE.POINT") { Description = "What to write; its map must say write: true" };
        var value = new Argument<string>("VALUE") { Description = "The value as it is published, such as 21.5, true or eco; a negative one after --" };
        var command = new Command("write", "Writes a point, through the running service or straight to the hardware if none runs, and shows what was read back.") { name, value };
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var source = await PointSource.OpenAsync(arguments, options, arguments.GetRequiredValue(name), cancellationToken);
            var readBack = await source.WriteAsync(arguments.GetRequiredValue(value), cancellationToken);
            PointSource.Print(arguments.InvocationConfiguration.Output, readBack, arguments.GetValue(options.Json), TimeProvider.System.GetUtcNow());
            return ExitCode.Done;
        });
        return command;
    }
}
