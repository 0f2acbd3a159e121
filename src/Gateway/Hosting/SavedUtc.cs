namespace Gateway.Hosting;

/// <summary>
/// UTC for what a file says in UTC, sessions and expiries of the broker: never earlier than the file was written last, so that a boot without the
/// time neither stretches what is left nor forgets that it passes. All else is the clock's.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="saved">When the file was written last.</param>
internal sealed class SavedUtc(TimeProvider timeProvider, DateTimeOffset saved) : TimeProvider
{
    private readonly long _from = timeProvider.GetTimestamp();

    public override TimeZoneInfo LocalTimeZone => timeProvider.LocalTimeZone;

    public override long TimestampFrequency => timeProvider.TimestampFrequency;

    /// <summary>When a database was written last; 1970 if there is none.</summary>
    public static DateTimeOffset WriteTime(string path) => new[] { path, path + "-wal" }
        .Select(file => File.Exists(file) ? File.GetLastWriteTimeUtc(file) : DateTime.UnixEpoch)
        .Max();

    public override DateTimeOffset GetUtcNow() => timeProvider.GetUtcNow() is var now && now >= saved ? now : saved + timeProvider.GetElapsedTime(_from);

    public override long GetTimestamp() => timeProvider.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        timeProvider.CreateTimer(callback, state, dueTime, period);
}
