using System.Runtime.ExceptionServices;

namespace Gateway.Drivers;

/// <summary>Does several things of which none may keep the others from being done, as when a bus is closed.</summary>
internal static class EachForItself
{
    /// <summary>Does them one after the other.</summary>
    /// <exception cref="Exception">What the first that failed has thrown, once all were tried.</exception>
    public static async ValueTask DoAsync(params IEnumerable<Func<ValueTask>> parts)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var part in parts)
        {
            try
            {
                await part();
            }
#pragma warning disable CA1031 // A bug in one of them, whatever it throws, is told when all are done.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                first ??= ExceptionDispatchInfo.Capture(fault);
            }
        }

        first?.Throw();
    }
}
