using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Publishing;
using Gateway.Web;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary><c>gateway watch</c>: values as they change, until Ctrl-C.</summary>
internal static class WatchCommand
{
    // The table's heading and edges, what is left out, and the line of the cursor.
    private const int LinesBesideRows = 6;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    public static Command Create()
    {
        var options = new ServiceOptions();
        var name = new Argument<string?>("DEVICE[.POINT]") { Description = "What to watch; default: everything", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("watch", "Shows values as they come, until Ctrl-C: the running service's, or read straight from the hardware if none runs.") { name };
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var watched = arguments.GetValue(name);
            await using var source = await PointSource.OpenAsync(arguments, options, watched, cancellationToken);
            var output = arguments.InvocationConfiguration.Output;
            var asJson = arguments.GetValue(options.Json);
            await (!asJson && TableView.IsDrawn(output) ? DrawAsync(source, watched is null ? "device" : "point", cancellationToken) : PrintAsync(source, output, asJson, cancellationToken));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>One table, drawn anew five times a second, with how each number went since the start. Of what is higher than the terminal, the first rows.</summary>
    private static Task DrawAsync(PointSource source, string toName, CancellationToken cancellationToken) => AnsiConsole.Live(Text.Empty).StartAsync(async live =>
    {
        var trends = new Dictionary<(string Device, string Point), Sparkline>();
        while (true)
        {
            var now = TimeProvider.System.GetUtcNow();
            var table = new TableView("point", "value", "trend", "quality", "age");
            var room = Math.Max(AnsiConsole.Profile.Height - LinesBesideRows, 1);
            var leftOut = 0;
            foreach (var point in await source.ReadAsync(cancellationToken))
            {
                var (cells, trend) = (PointSource.Describe(point, now), TrendOf(point));
                if (room-- > 0)
                {
                    table.AddRow(cells[0], cells[1], trend, cells[2], cells[3]);
                }
                else
                {
                    leftOut++;
                }
            }

            live.UpdateTarget(leftOut == 0 ? table.Draw() : new Rows(table.Draw(), new Text($"… and {leftOut} more; name a {toName}")));
            await Task.Delay(Interval, TimeProvider.System, cancellationToken);
        }

        string TrendOf(PointReading point)
        {
            var trend = CollectionsMarshal.GetValueRefOrAddDefault(trends, (point.Device, point.Point), out _) ??= new Sparkline();
            if (point.Time is { } time && point.Value.TryGetNumber(out var number))
            {
                trend.Add(time, (double)number);
            }

            return trend.ToString();
        }
    });

    /// <summary>A line for each value, and then for each that is newer or of another quality.</summary>
    private static async Task PrintAsync(PointSource source, TextWriter output, bool asJson, CancellationToken cancellationToken)
    {
        await foreach (var point in source.FollowAsync(cancellationToken))
        {
            await output.WriteLineAsync(asJson ? JsonSerializer.Serialize(point, StatusJson.Lines.PointReading) : Line(point));
            await output.FlushAsync(cancellationToken);
        }
    }

    private static string Line(PointReading point)
    {
        var cells = PointSource.Describe(point, point.Time!.Value);
        return $"{PayloadWriter.FormatTime(point.Time.Value)} {cells[0]} {cells[1]}{(point.Quality == "good" ? "" : $" ({cells[2]})")}";
    }
}
