using System.CommandLine;
using Gateway.Abstractions;

namespace Gateway.Commands;

/// <summary><c>gateway read</c>: the newest values of a device or a point.</summary>
internal static class ReadCommand
{
    public static Command Create()
    {
        var options = new ServiceOptions();
        var name = new Argument<string>("DEVICE[.POINT]") { Description = "What to read" };
        var command = new Command("read", "Shows the values of a device or a point: the running service's, or read straight from the hardware if none runs.") { name };
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var source = await PointSource.OpenAsync(arguments, options, arguments.GetRequiredValue(name), cancellationToken);
            var points = await source.ReadAsync(cancellationToken);
            PointSource.Print(arguments.InvocationConfiguration.Output, points, arguments.GetValue(options.Json), TimeProvider.System.GetUtcNow());
            return points.Any(point => point.Value.Kind != PointValueKind.None) ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }
}
