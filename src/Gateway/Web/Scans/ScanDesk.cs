using Gateway.Commands;

namespace Gateway.Web.Scans;

/// <summary>
/// <c>/api/scan</c> and <c>/api/probe</c>: one at a time, which ends when its client goes. The answer is lines of JSON: how far it is, what was found, and
/// how it ended.
/// </summary>
/// <param name="lines">The lines that the service has open itself.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ScanDesk(ISharedLines lines, TimeProvider timeProvider) : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Looks for devices.</summary>
    public Task ScanAsync(HttpContext context) => ServeAsync(context, (request, mailbox, cancellationToken) => ScanKinds.RunAsync(request, lines, mailbox, cancellationToken));

    /// <summary>Reads a range of registers.</summary>
    public Task ProbeAsync(HttpContext context) => ServeAsync(context, async (request, mailbox, cancellationToken) =>
        mailbox.Add(await ModbusScans.ProbeAsync(request, lines, cancellationToken), StatusJson.Lines.ProbeDocument));

    public void Dispose() => _turn.Dispose();

    private async Task ServeAsync(HttpContext context, Func<ScanRequest, ScanMailbox, CancellationToken, Task> work)
    {
        if (await ApiAnswer.ReadAsync(context, StatusJson.Readable.ScanRequest) is not { } request)
        {
            return;
        }

        if (!await _turn.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            await ApiAnswer.RefuseAsync(context, StatusCodes.Status409Conflict, "a scan runs already: wait for its end, or stop it");
            return;
        }

        // The service must not wait for a scan when it stops.
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var mailbox = new ScanMailbox();
        var running = RunAsync(request, mailbox, work, ending.Token);
        try
        {
            context.Response.ContentType = "application/jsonl";
            while (!running.IsCompleted)
            {
                await Task.WhenAny(running, Task.Delay(Pace, timeProvider, ending.Token));
                await SendAsync(context, mailbox, ending.Token);
            }

            await SendAsync(context, mailbox, ending.Token);
            await WriteAsync(context, new ScanLine { End = new ScanEnd(mailbox.Found, await running, mailbox.Map) });
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client has gone, or the service stops.
        }
        finally
        {
            try
            {
                await ending.CancelAsync();
                await running;
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>A scan that fails has a sentence to say.</summary>
    private static async Task<string?> RunAsync(ScanRequest request, ScanMailbox mailbox, Func<ScanRequest, ScanMailbox, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(request, mailbox, cancellationToken);
            return null;
        }
        catch (CommandException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException)
        {
            return exception.Message.TrimEnd('.');
        }
    }

    private static async Task SendAsync(HttpContext context, ScanMailbox mailbox, CancellationToken cancellationToken)
    {
        var (found, progress) = mailbox.Take();
        foreach (var find in found)
        {
            await WriteAsync(context, new ScanLine { Found = find });
        }

        if (progress is not null)
        {
            await WriteAsync(context, new ScanLine { Progress = progress });
        }

        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private static Task WriteAsync(HttpContext context, ScanLine line) =>
        context.Response.WriteAsync(System.Text.Json.JsonSerializer.Serialize(line, StatusJson.Sparse.ScanLine) + "\n", context.RequestAborted);
}
