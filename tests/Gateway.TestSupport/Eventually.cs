namespace Gateway.TestSupport;

/// <summary>Waits for what happens at its own time, in real time, with a deadline.</summary>
public static class Eventually
{
    // Three times the longest back-off: two attempts, on a machine that has other things to do.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until a condition holds; fails after 90 s with the message.</summary>
    public static Task TrueAsync(Func<bool> condition, Func<string>? message = null) => TrueAsync(() => Task.FromResult(condition()), message);

    /// <summary>Waits until a condition holds that takes a while to find out; fails after 90 s with the message.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string>? message = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Deadline)
                throw new TimeoutException(message?.Invoke() ?? "The condition did not come true.");
            await Task.Delay(Interval, TimeProvider.System);
        }
    }
}
