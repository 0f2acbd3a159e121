using System.Collections.Concurrent;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Faults;

/// <summary>
/// Runs asynchronous code on one thread, and lets time pass whenever nothing else is to be done: what a seed makes
/// happen happens again, and hours pass in seconds.
/// </summary>
internal sealed class SingleThread : SynchronizationContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

    public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>Runs until the task is done; fails if nothing is left that could end it.</summary>
    /// <param name="time">The clock of all that runs.</param>
    /// <param name="isElsewhere">
    /// Whether the thread pool has something to do first, such as a token's cancellation: it takes no time, and comes back here.
    /// </param>
    /// <param name="start">What is run.</param>
    public static void Run(ManualTimeProvider time, Func<bool> isElsewhere, Func<Task> start)
    {
        var outside = Current;
        var inside = new SingleThread();
        SetSynchronizationContext(inside);
        try
        {
            var running = start();
            while (!running.IsCompleted)
            {
                if (inside._queue.TryTake(out var work) || ((isElsewhere() || time.ArmedTimers == 0) && inside._queue.TryTake(out work, Patience)))
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
