using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Runtime;
using Gateway.Web.Access;

namespace Gateway.Web.Live;

/// <summary>
/// <c>/api/live</c>: what happens, as server-sent events, until the client goes. Nothing is queued for anybody: a follower gets what is new when it
/// has taken what was before, so that a slow one gets the newest only. At most 16 at a time. Thread-safe.
/// </summary>
/// <param name="source">What is followed.</param>
/// <param name="log">The log.</param>
/// <param name="timeProvider">The clock of the pace.</param>
internal sealed class LiveStreams(IStatusSource source, LogRing log, TimeProvider timeProvider)
{
    /// <summary>How many may follow at a time.</summary>
    public const int Most = 16;

    private const int FirstLines = 200;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StatusPace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private int _followers;

    /// <summary>Serves one follower, until what let it in does not hold any more.</summary>
    /// <param name="context">Its request, which has been let in.</param>
    public async Task ServeAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _followers) > Most)
        {
            Interlocked.Decrement(ref _followers);
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, $"{Most} pages follow already: close one", Heartbeat);
            return;
        }

        // The service must not wait for those who watch it when it stops.
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            await FollowAsync(context, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The end of the answer says so.
        }
        finally
        {
            Interlocked.Decrement(ref _followers);
        }
    }

    private async Task FollowAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var output = context.Response.BodyWriter;
        var points = new PointNews();
        var lastLine = 0L;
        byte[] shownStatus = [];
        long? statusAt = null;
        var writtenAt = timeProvider.GetTimestamp();
        while (PageAccess.IsStillIn(context))
        {
            var hasNews = false;
            if (points.Next(source.Points?.Read(null, out _) ?? []) is var (kind, readings))
            {
                await WriteAsync(output, kind, readings, StatusJson.Lines.IReadOnlyListPointReading, cancellationToken);
                hasNews = true;
            }

            if (statusAt is null || timeProvider.GetElapsedTime(statusAt.Value) >= StatusPace)
            {
                statusAt = timeProvider.GetTimestamp();
                var status = JsonSerializer.SerializeToUtf8Bytes(WithoutPoints(source.GetStatus()), StatusJson.Lines.GatewayStatus);
                if (!status.AsSpan().SequenceEqual(shownStatus))
                {
                    shownStatus = status;
                    Write(output, "status", status);
                    hasNews = true;
                }
            }

            if (log.Read(FirstLines, lastLine) is [.., var last] lines)
            {
                lastLine = last.Number;
                await WriteAsync(output, "log", lines, StatusJson.Lines.IReadOnlyListLogLine, cancellationToken);
                hasNews = true;
            }

            if (hasNews || timeProvider.GetElapsedTime(writtenAt) >= Heartbeat)
            {
                if (!hasNews)
                {
                    output.Write(": \n\n"u8);
                }

                await output.FlushAsync(cancellationToken);
                writtenAt = timeProvider.GetTimestamp();
            }

            await Task.Delay(Pace, timeProvider, cancellationToken);
        }
    }

    // The points have events of their own.
    private static GatewayStatus WithoutPoints(GatewayStatus status) => status with
    {
        Buses = [.. status.Buses.Select(bus => bus with { Devices = [.. bus.Devices.Select(device => device with { Points = [] })] })],
    };

    private static async Task WriteAsync<T>(PipeWriter output, string kind, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        output.Write(System.Text.Encoding.ASCII.GetBytes($"event: {kind}\ndata: "));
        await JsonSerializer.SerializeAsync(output, value, type, cancellationToken);
        output.Write("\n\n"u8);
    }

    private static void Write(PipeWriter output, string kind, byte[] json)
    {
        output.Write(System.Text.Encoding.ASCII.GetBytes($"event: {kind}\ndata: "));
        output.Write(json);
        output.Write("\n\n"u8);
    }
}
