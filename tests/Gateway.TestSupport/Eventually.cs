namespace Gateway.TestSupport;

/// <summary>Waits for what happens at its own time, in real time, with a deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until a condition holds; fails after 30 s with the message.</summary>
    public static Task TrueAsync(Func<bool> condition, Func<string>? message = null) => TrueAsync(() => Task.FromResult(condition()), message);

    /// <summary>Waits until a condition holds that takes a while to find out; fails after 30 s with the message.</summary>
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
