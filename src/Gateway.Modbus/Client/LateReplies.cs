namespace Gateway.Modbus.Client;

/// <summary>
/// The answers that may still come although nobody waits for them any more, by unit and function. At most one entry
/// per pair, forgotten when its time is over.
/// </summary>
internal sealed class LateReplies(TimeProvider time)
{
    private readonly Dictionary<(byte UnitId, byte Function), (long Since, TimeSpan Window)> _awaited = [];

    /// <summary>Whether any may still come.</summary>
    public bool Any => _awaited.Values.Any(late => late.Window > time.GetElapsedTime(late.Since));

    public void Expect(byte unitId, byte function, TimeSpan window) => _awaited[(unitId, function)] = (time.GetTimestamp(), window);

    /// <summary>How long an answer of this unit to this function could still be a late one; zero or less: no longer.</summary>
    public TimeSpan RemainingTime(byte unitId, byte function)
    {
        if (!_awaited.TryGetValue((unitId, function), out var late))
            return TimeSpan.Zero;

        var remaining = late.Window - time.GetElapsedTime(late.Since);
        if (remaining <= TimeSpan.Zero)
            _awaited.Remove((unitId, function));
        return remaining;
    }

    public void Arrived(byte unitId, byte function) => _awaited.Remove((unitId, function));
}
