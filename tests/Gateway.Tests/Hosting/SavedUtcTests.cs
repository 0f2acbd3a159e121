using Gateway.Hosting;
using Gateway.TestSupport;

namespace Gateway.Tests.Hosting;

/// <summary>The broker's UTC on a machine that boots without the time.</summary>
public class SavedUtcTests
{
    private static readonly DateTimeOffset Saved = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_boot_at_1970_goes_on_where_the_file_was_written_last_until_the_time_is_known()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        var utc = new SavedUtc(clock, Saved);
        clock.Advance(TimeSpan.FromMinutes(7));
        Assert.Equal(Saved + TimeSpan.FromMinutes(7), utc.GetUtcNow());

        clock.StepUtc(Saved + TimeSpan.FromHours(1) - clock.GetUtcNow());
        Assert.Equal(Saved + TimeSpan.FromHours(1), utc.GetUtcNow());
    }

    [Fact]
    public void The_write_ahead_log_counts_as_the_file()
    {
        var folder = Directory.CreateTempSubdirectory("saved-");
        try
        {
            var path = Path.Combine(folder.FullName, "broker.db");
            Assert.Equal(DateTimeOffset.UnixEpoch, SavedUtc.WriteTime(path));
            File.WriteAllText(path, "");
            File.WriteAllText(path + "-wal", "");
            File.SetLastWriteTimeUtc(path, Saved.UtcDateTime.AddHours(-1));
            File.SetLastWriteTimeUtc(path + "-wal", Saved.UtcDateTime);
            Assert.Equal(Saved, SavedUtc.WriteTime(path));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
