using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Client;

/// <summary>Moves a manual clock while others wait for it.</summary>
internal static class Stepper
{
    /// <summary>Lets time pass once somebody waits for it.</summary>
    public static async Task AdvanceWhenArmedAsync(this ManualTimeProvider time, TimeSpan by)
    {
        await Eventually.TrueAsync(() => time.ArmedTimers > 0);
        time.Advance(by);
    }

    /// <summary>Lets time pass in steps, whenever somebody waits for it, until a condition holds.</summary>
    public static Task AdvanceUntilAsync(this ManualTimeProvider time, TimeSpan step, Func<bool> condition) =>
        time.AdvanceUntilAsync(step, condition, () => time.ArmedTimers > 0);

    /// <summary>Lets time pass in steps, whenever another condition holds, until a condition does.</summary>
    public static async Task AdvanceUntilAsync(this ManualTimeProvider time, TimeSpan step, Func<bool> condition, Func<bool> mayPass)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "The condition did not come true.");
            if (mayPass())
                time.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }
}
