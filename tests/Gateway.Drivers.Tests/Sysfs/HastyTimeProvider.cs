using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Tests.Sysfs;

/// <summary>A clock that is a thousand times too fast, on which no pause takes long. Limits of patience are kept.</summary>
internal sealed class HastyTimeProvider : TimeProvider
{
    public override long GetTimestamp() => System.GetTimestamp() * 1000;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime > TimeSpan.Zero && dueTime < BusThread.Patience ? TimeSpan.FromMilliseconds(1) : dueTime, period);
}
