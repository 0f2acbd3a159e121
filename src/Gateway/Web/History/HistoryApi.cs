using System.Globalization;
using Gateway.Runtime.Commands;

namespace Gateway.Web.History;

/// <summary><c>/api/history?name=DEVICE.POINT&amp;from=…&amp;to=…&amp;buckets=…</c>: what values were.</summary>
internal static class HistoryApi
{
    private const int UsualBuckets = 720;
    private const int FewestBuckets = 10;
    private const int MostBuckets = 2_000;

    private static readonly TimeSpan UsualSpan = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(3660);

    /// <summary>Answers a request.</summary>
    public static Task ReadAsync(HttpContext context, Trends trends, PointAccess? points)
    {
        var query = context.Request.Query;
        if (!TryReadTime(query["to"], trends.Time, out var to) || !TryReadTime(query["from"], to - UsualSpan, out var from) || from >= to || to - from > LongestSpan)
        {
            return ApiAnswer.RefuseAsync(context, StatusCodes.Status400BadRequest, "'from' and 'to' are times such as 2026-11-22T01:02:03Z, the first before the other and no more than ten years");
        }

        var buckets = UsualBuckets;
        if (query["buckets"] is [{ } asked] && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out buckets) || buckets is < FewestBuckets or > MostBuckets))
        {
            return ApiAnswer.RefuseAsync(context, StatusCodes.Status400BadRequest, $"'buckets' is a number from {FewestBuckets} to {MostBuckets}, found '{asked}'");
        }

        var name = query["name"].ToString();
        if (name == Trends.QueueDepth)
        {
            return AnswerAsync("$queue", "depth", "readings");
        }

        if (points is null)
        {
            return ApiAnswer.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "the service polls nothing: its configuration is not valid");
        }

        return points.Read(name, out var error) switch
        {
            null => ApiAnswer.RefuseAsync(context, StatusCodes.Status404NotFound, error!),
            [var point] => AnswerAsync(point.Device, point.Point, point.Unit),
            _ => ApiAnswer.RefuseAsync(context, StatusCodes.Status400BadRequest, $"'{name}' is a device: name one of its points"),
        };

        // The disk is read on a thread that may wait for it.
        async Task AnswerAsync(string device, string point, string? unit)
        {
            var series = await Task.Run(() => trends.Read(device, point, unit, from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds(), buckets), context.RequestAborted);
            await ApiAnswer.WriteAsync(context, series, StatusJson.Lines.TrendSeries);
        }
    }

    private static bool TryReadTime(string? text, DateTimeOffset standard, out DateTimeOffset time)
    {
        time = standard;
        return string.IsNullOrEmpty(text) || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }
}
