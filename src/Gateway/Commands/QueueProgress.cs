using System.Globalization;
using System.Text.Json;
using Gateway.Runtime;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary><c>gateway queue stats --follow</c>: how a backlog drains, until nothing waits.</summary>
internal static class QueueProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // What is younger is on its way, and waits for nothing.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    /// <summary>Follows it: a bar on a terminal, else a line a second.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="error">Where the bar is drawn.</param>
    /// <param name="ask">Asks how much waits.</param>
    /// <param name="asJson">Whether lines are JSON.</param>
    /// <param name="cancellationToken">Ends it before the queue is empty.</param>
    public static async Task FollowAsync(TextWriter output, TextWriter error, Func<CancellationToken, Task<QueueStatus>> ask, bool asJson, CancellationToken cancellationToken)
    {
        if (!asJson && TableView.IsDrawn(output))
        {
            await DrawAsync(error, ask, cancellationToken);
            await output.WriteLineAsync(StatusText.Describe(await ask(cancellationToken), TimeProvider.System.GetUtcNow()));
            return;
        }

        await foreach (var queue in AskAsync(ask, cancellationToken))
        {
            await output.WriteLineAsync(asJson ? JsonSerializer.Serialize(queue, StatusJson.Lines.QueueStatus) : StatusText.Describe(queue, TimeProvider.System.GetUtcNow()));
            await output.FlushAsync(cancellationToken);
        }
    }

    // A backlog that still grows moves the end of the bar, not its beginning.
    private static Task DrawAsync(TextWriter error, Func<CancellationToken, Task<QueueStatus>> ask, CancellationToken cancellationToken)
    {
        return ProgressView.On(error).StartAsync(async context =>
        {
            var task = context.AddTask("the service is asked");
            task.MaxValue = 0;
            await foreach (var queue in AskAsync(ask, cancellationToken))
            {
                var depth = DepthOf(queue);
                task.MaxValue = Math.Max(task.MaxValue, depth);
                task.Value = task.MaxValue - depth;
                task.Description = string.Create(CultureInfo.InvariantCulture, $"{depth} wait, {queue.Rate:0.#}/s leave");
            }
        });
    }

    private static async IAsyncEnumerable<QueueStatus> AskAsync(
        Func<CancellationToken, Task<QueueStatus>> ask, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var queue = await ask(cancellationToken);
            yield return queue;
            if (IsDrained(queue) && (queue.Bridge is not { } bridge || IsDrained(bridge)))
            {
                yield break;
            }

            await Task.Delay(Interval, TimeProvider.System, cancellationToken);
        }
    }

    private static bool IsDrained(QueueStatus queue) => queue.Depth == 0 || queue.Oldest > TimeProvider.System.GetUtcNow() - Fresh;

    private static long DepthOf(QueueStatus queue) => queue.Depth + (queue.Bridge?.Depth ?? 0);
}
