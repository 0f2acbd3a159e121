namespace Gateway.Hosting;

/// <summary>
/// Keeps a server up: one that cannot start since its place is taken is tried again every few seconds, which is said once.
/// </summary>
internal sealed class RetryingServer : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    /// <param name="start">Starts the server; throws <see cref="IOException"/> while its place is taken.</param>
    /// <param name="onStarted">Told when it is up.</param>
    /// <param name="onFailed">Told once why it is not.</param>
    /// <param name="timeProvider">The clock of the pauses.</param>
    public RetryingServer(
        Func<CancellationToken, Task<IAsyncDisposable>> start, Action onStarted, Action<string> onFailed, TimeProvider timeProvider) =>
        _loop = RunAsync(start, onStarted, onFailed, timeProvider);

    /// <summary>Stops the server, or the tries to start it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(
        Func<CancellationToken, Task<IAsyncDisposable>> start, Action onStarted, Action<string> onFailed, TimeProvider timeProvider)
    {
        var wasTold = false;
        try
        {
            while (true)
            {
                try
                {
                    await using var server = await start(_stopping.Token);
                    onStarted();
                    await Task.Delay(Timeout.InfiniteTimeSpan, timeProvider, _stopping.Token);
                }
                catch (IOException exception)
                {
                    if (!wasTold)
                    {
                        onFailed(exception.Message);
                        wasTold = true;
                    }

                    await Task.Delay(Pause, timeProvider, _stopping.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The owner stops it.
        }
    }
}
