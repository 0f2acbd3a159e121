using Gateway.DeviceMaps.Files;
using Gateway.Runtime;

namespace Gateway.Hosting;

/// <summary>Which configuration runs: what it was read from, and since when. Changed by one caller at a time; read from any thread.</summary>
/// <param name="lastGood">Where it is kept.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Told when it cannot be kept.</param>
internal sealed class TakenUpConfiguration(LastGoodCopy lastGood, TimeProvider timeProvider, ILogger logger)
{
    private volatile State? _state;

    /// <summary>What it was read from; null: nothing runs.</summary>
    public ISourceFiles? Files => _state?.Files;

    /// <summary>What is said of it.</summary>
    public ConfigurationStatus Status => _state is not { } state ? new(ConfigurationStatus.None, null)
        : new(state.IsOnDisk ? ConfigurationStatus.Current : ConfigurationStatus.LastGood, state.Since) { Version = state.Version };

    /// <summary>What is on the disk runs now, and is kept for the day when it is not valid any more.</summary>
    /// <returns>What that changed.</returns>
    public IReadOnlyList<ConfigurationChange> TakeUp(ReadConfiguration read, RecordingFiles files)
    {
        var before = _state;
        var changes = ConfigurationDifference.Compare(before?.Read, read);
        Keep(files);

        // At a start it has been what it is since it was first kept.
        var since = before is null ? lastGood.Kept.FirstOrDefault()?.KeptAt ?? timeProvider.GetUtcNow() : changes.Count == 0 ? before.Since : timeProvider.GetUtcNow();
        _state = new State(read, files, since, IsOnDisk: true, ProgramVersion.Text);
        return changes;
    }

    /// <summary>What is on the disk is not valid, and what ran goes on.</summary>
    public void Outlives() => _state = _state is { } state ? state with { IsOnDisk = false } : null;

    /// <summary>What is on the disk is not valid, and what was kept runs.</summary>
    public void FallBackTo(ReadConfiguration read, KeptConfiguration kept) => _state = new State(read, kept.Files, kept.KeptAt, IsOnDisk: false, kept.Version);

    private void Keep(RecordingFiles files)
    {
        try
        {
            lastGood.Save(files);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.LastGoodNotKept(logger, exception.Message.TrimEnd('.'));
        }
    }

    private sealed record State(ReadConfiguration Read, ISourceFiles Files, DateTimeOffset Since, bool IsOnDisk, string Version);
}

/// <summary>What came of a reload.</summary>
/// <param name="IsTakenUp">Whether what is on the disk runs now; if not, what ran goes on.</param>
/// <param name="Changes">What that changed.</param>
/// <param name="Problems">What is wrong with it.</param>
internal sealed record ReloadOutcome(bool IsTakenUp, IReadOnlyList<ConfigurationChange> Changes, IReadOnlyList<string> Problems);
