using Gateway.Hosting;
using Gateway.TestSupport;

namespace Gateway.Tests.Hosting;

public sealed class RetryingServerTests
{
    [Fact]
    public async Task TriesAgainUntilThePlaceIsFreeAndSaysSoOnce()
    {
        var time = new ManualTimeProvider();
        var failures = new List<string>();
        var tries = 0;
        var started = new TaskCompletionSource();
        var stopped = false;

        await using (new RetryingServer(
            _ => ++tries < 3 ? throw new IOException("taken") : Task.FromResult<IAsyncDisposable>(new Server(() => stopped = true)),
            started.SetResult,
            failures.Add,
            time))
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Eventually.TrueAsync(() => tries == 2 && time.ArmedTimers == 1);
            Assert.False(started.Task.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(5));
            await started.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        Assert.Equal(["taken"], failures);
        Assert.True(stopped);
    }

    private sealed class Server(Action onDispose) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            onDispose();
            return ValueTask.CompletedTask;
        }
    }
}
