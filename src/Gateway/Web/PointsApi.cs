using System.Buffers;
using System.Text.Json;
using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Commands;
using Gateway.Web.Access;

namespace Gateway.Web;

/// <summary>
/// <c>/api/points?name=DEVICE.POINT</c>: GET gives the newest values, PUT writes the value in its body and gives what was read back.
/// <c>/api/points/live</c> gives each value as it comes. What is refused comes with <c>{"error":"…"}</c>.
/// </summary>
internal static class PointsApi
{
    public static Task ReadAsync(HttpContext context, PointAccess? points)
    {
        if (points is null)
        {
            return RefuseNothingRunsAsync(context);
        }

        return points.Read(context.Request.Query["name"], out var error) is { } found
            ? WriteAsync(context, found)
            : ApiAnswer.RefuseAsync(context, StatusCodes.Status404NotFound, error!);
    }

    public static async Task WriteAsync(HttpContext context, PointAccess? points)
    {
        if (points is null)
        {
            await RefuseNothingRunsAsync(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (!CommandPayload.TryParse(new ReadOnlySequence<byte>(body.ToArray()), out var value, out var error))
        {
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, error!);
            return;
        }

        var name = context.Request.Query["name"].ToString();
        var (readBack, outcome) = await points.WriteAsync(name, value, context.RequestAborted);
        Note(context, points, name, value, outcome);
        await (readBack is null ? ApiAnswer.RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, outcome.Error!) : WriteAsync(context, [readBack]));
    }

    /// <summary>Gives values as they come, each a line, until the client goes.</summary>
    public static async Task FollowAsync(HttpContext context, PointAccess? points)
    {
        if (points is null)
        {
            await RefuseNothingRunsAsync(context);
            return;
        }

        string? name = context.Request.Query["name"];
        if (points.Read(name, out var error) is null)
        {
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status404NotFound, error!);
            return;
        }

        // The service must not wait for those who watch it when it stops.
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.ContentType = "application/jsonl";
        try
        {
            await foreach (var news in points.FollowAsync(name, ending.Token))
            {
                foreach (var point in news)
                {
                    await context.Response.WriteAsync(JsonSerializer.Serialize(point, StatusJson.Lines.PointReading) + "\n", ending.Token);
                }

                await context.Response.Body.FlushAsync(ending.Token);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The end of the answer says so.
        }
    }

    // As commands by MQTT are: who changes a plant has to be found afterwards.
    private static void Note(HttpContext context, PointAccess points, string name, PointValue value, WriteOutcome outcome)
    {
        var logger = points.Explain(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(PointsApi)));
        var found = points.Read(name, out _);
        var device = found?[0].Device;
        var point = name == device ? null : found?[0].Point;
        var who = PageAccess.WhoAsks(context) ?? "the command line";
        if (outcome.Succeeded)
        {
            Log.PointWritten(logger, name, device, point, value.ToString(), who);
        }
        else
        {
            Log.PointWriteRefused(logger, name, device, point, value.ToString(), who, outcome.Error!);
        }
    }

    private static Task WriteAsync(HttpContext context, IReadOnlyList<PointReading> points) =>
        ApiAnswer.WriteAsync(context, points, StatusJson.Readable.IReadOnlyListPointReading);

    private static Task RefuseNothingRunsAsync(HttpContext context) =>
        ApiAnswer.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "the service polls nothing: its configuration is not valid; 'gateway status' says why");
}
