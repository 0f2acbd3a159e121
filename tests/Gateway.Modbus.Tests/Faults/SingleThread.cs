using System.Collections.Concurrent;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Faults;

/// <summary>
/// Runs asynchronous code on one thread, and lets time pass whenever nothing else is to be done: what a seed makes
/// happen happens again, and hours pass in seconds.
/// </summary>
internal sealed class SingleThread : SynchronizationContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

    public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>Runs until the task is done; fails if nothing is left that could end it.</summary>
    public static void Run(ManualTimeProvider time, Func<Task> start)
    {
        var outside = Current;
        var inside = new SingleThread();
        SetSynchronizationContext(inside);
        try
        {
            var running = start();
            while (!running.IsCompleted)
            {
                // What the thread pool does beside, such as a token's cancellation, comes back here; it needs no time.
                if (inside._queue.TryTake(out var work) || (time.ArmedTimers == 0 && inside._queue.TryTake(out work, Patience)))
                    work.Callback(work.State);
                else if (!time.AdvanceToNextTimer() && !running.IsCompleted)
                    Assert.Fail("Everybody waits, and nothing is due.");
            }

            Assert.True(running.IsCompletedSuccessfully, running.Exception?.ToString());
        }
        finally
        {
            SetSynchronizationContext(outside);
        }
    }
}
