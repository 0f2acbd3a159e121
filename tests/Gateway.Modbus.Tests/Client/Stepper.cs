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
    public static async Task AdvanceUntilAsync(this ManualTimeProvider time, TimeSpan step, Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "The condition did not come true.");
            if (time.ArmedTimers > 0)
                time.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }
}
