using Gateway.Storage.History;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.History;

public sealed class HistoryStoreTests : IDisposable
{
    private const long Minute = 60_000;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;

    private static readonly long Start = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("history-");

    private string FilePath => Path.Combine(_folder.FullName, "history.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_was_written_is_read_after_a_restart_with_all_its_digits()
    {
        HistoryEntry[] written = [new(Start, 123456789.25, 123456790.5, 123456789.75, true), new(Start + (3 * Minute), -1.5, 2, 0.25, false)];
        using (var store = Open())
        {
            Assert.True(store.TryWrite(Start, [Of("meter.energy", written)]));
        }

        using var again = Open();

        Assert.Equal(written, again.Read("meter.energy", Start, Start + Hour, Minute));
        Assert.Equal(written[1..], again.Read("meter.energy", Start + Minute, Start + Hour, Minute));
        Assert.Empty(again.Read("meter.power", Start, Start + Hour, Minute));
    }

    [Fact]
    public void A_quarter_that_is_written_in_two_parts_has_both()
    {
        using var store = Open();
        store.TryWrite(Start, [Of("a.b", Value(Start, 1), Value(Start + Minute, 2))]);
        store.TryWrite(Start, [Of("a.b", Value(Start + Minute, 9), Value(Start + (2 * Minute), 3))]);

        Assert.Equal([1, 2, 3], store.Read("a.b", Start, Start + Hour, Minute).Select(entry => entry.Mean));
    }

    [Fact]
    public void A_day_that_is_over_has_its_hours_too()
    {
        using var store = Open();
        for (var time = Start; time <= Start + Day; time += HistoryStore.Block)
        {
            var quarter = Enumerable.Range(0, 15).Select(minute => Value(time + (minute * Minute), (time + (minute * Minute) - Start) / Minute)).ToArray();
            Assert.True(store.TryWrite(time, [Of("a.b", quarter)]));
        }

        var hours = store.Read("a.b", Start, Start + Day, Hour);
        var minutes = store.Read("a.b", Start, Start + Day, Minute);

        Assert.Equal(24, hours.Count);
        Assert.Equal((60, 119, 89.5), (hours[1].Min, hours[1].Max, hours[1].Mean));
        Assert.Equal(24 * 60, minutes.Count);
    }

    [Fact]
    public void A_day_before_days_of_which_nothing_is_there_has_its_hours_too()
    {
        using var store = Open(maxBytes: 500_000);
        var names = Enumerable.Range(0, 20).Select(point => $"device.point{point}").ToList();
        void Write(int day) => Assert.All(Enumerable.Range(0, 24), hour =>
        {
            var time = Start + (day * Day) + (hour * Hour);
            var quarter = Enumerable.Range(0, 15).Select(minute => Value(time + (minute * Minute), hour)).ToArray();
            Assert.True(store.TryWrite(time, [.. names.Select(name => Of(name, quarter))]));
        });

        // The gateway was off for the weekend; then minutes make room.
        Write(0);
        Write(3);
        Write(4);
        Write(5);

        Assert.Equal(24, store.Read(names[7], Start, Start + Day, Minute).Count);
    }

    [Fact]
    public void The_file_is_bounded_and_keeps_the_hours_of_what_made_room()
    {
        using var store = Open(maxBytes: 1_000_000);
        var names = Enumerable.Range(0, 20).Select(point => $"device.point{point}").ToList();
        for (var day = 0; day < 20; day++)
        {
            for (var time = Start + (day * Day); time < Start + ((day + 1) * Day); time += 4 * HistoryStore.Block)
            {
                var quarter = Enumerable.Range(0, 15).Select(minute => Value(time + (minute * Minute), day)).ToArray();
                Assert.True(store.TryWrite(time, [.. names.Select(name => Of(name, quarter))]));
            }
        }

        Assert.InRange(new FileInfo(FilePath).Length, 500_000, 1_300_000);
        Assert.Equal(24, store.Read(names[7], Start, Start + Day, Minute).Count);
        Assert.Equal(24 * 15, store.Read(names[7], Start + (19 * Day), Start + (20 * Day), Minute).Count);
    }

    [Fact]
    public void A_damaged_file_is_begun_anew()
    {
        File.WriteAllBytes(FilePath, [.. Enumerable.Repeat((byte)'x', 10_000)]);
        using var store = Open();

        Assert.False(store.TryWrite(Start, [Of("a.b", Value(Start, 1))]));
        Assert.True(store.TryWrite(Start, [Of("a.b", Value(Start, 1))]));
        Assert.Single(store.Read("a.b", Start, Start + Hour, Minute));
    }

    [Fact]
    public void A_folder_that_cannot_be_is_no_exception()
    {
        File.WriteAllText(FilePath, "");
        using var store = new HistoryStore(Path.Combine(FilePath, "history.db"), 1_000_000, NullLogger<HistoryStore>.Instance);

        Assert.False(store.TryWrite(Start, [Of("a.b", Value(Start, 1))]));
        Assert.Empty(store.Read("a.b", Start, Start + Hour, Minute));
    }

    [Fact]
    public void A_hundred_points_cost_few_megabytes_a_day()
    {
        using var store = Open(maxBytes: 100_000_000);
        var names = Enumerable.Range(0, 100).Select(point => $"device.point{point}").ToList();
        for (var time = Start; time < Start + Day; time += HistoryStore.Block)
        {
            var quarter = Enumerable.Range(0, 15).Select(minute => Value(time + (minute * Minute), minute)).ToArray();
            store.TryWrite(time, [.. names.Select(name => Of(name, quarter))]);
        }

        Assert.InRange(store.BytesWritten, 2_000_000, 15_000_000);
    }

    private static HistoryEntry Value(long time, double value) => new(time, value, value, value, false);

    private static KeyValuePair<string, IReadOnlyList<HistoryEntry>> Of(string name, params HistoryEntry[] entries) => new(name, entries);

    private HistoryStore Open(long maxBytes = 10_000_000) => new(FilePath, maxBytes, NullLogger<HistoryStore>.Instance);
}
