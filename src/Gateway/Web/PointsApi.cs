using System.Buffers;
using System.Text.Json;
using Gateway.Runtime.Commands;

namespace Gateway.Web;

/// <summary>
/// <c>/api/points?name=DEVICE.POINT</c>: GET gives the newest values, PUT writes the value in its body and gives what was read back.
/// What is refused comes with <c>{"error":"…"}</c>.
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
            : RefuseAsync(context, StatusCodes.Status404NotFound, error!);
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
            await RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, error!);
            return;
        }

        var (readBack, refusal) = await points.WriteAsync(context.Request.Query["name"].ToString(), value, context.RequestAborted);
        await (readBack is null ? RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, refusal!) : WriteAsync(context, [readBack]));
    }

    private static Task WriteAsync(HttpContext context, IReadOnlyList<PointReading> points)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, points, StatusJson.Readable.IReadOnlyListPointReading, context.RequestAborted);
    }

    private static Task RefuseNothingRunsAsync(HttpContext context) =>
        RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "the service polls nothing: its configuration is not valid; 'gateway status' says why");

    private static Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, new Refusal(sentence), StatusJson.Readable.Refusal, context.RequestAborted);
    }
}
