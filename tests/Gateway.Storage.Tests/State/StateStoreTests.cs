using System.Text;
using Gateway.Storage.State;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.State;

public sealed class StateStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    private string File => Path.Combine(_folder, "data", "state.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Values_survive_closing_and_removed_ones_are_gone()
    {
        await using (var store = await OpenAsync())
        {
            store.Set("counter/water", "17"u8.ToArray());
            store.Set("counter/gas", "4"u8.ToArray());
            store.Set("value/meter", Array.Empty<byte>());
            store.Remove("counter/gas");
            store.Remove("never there");
        }

        await using var again = await OpenAsync();
        Assert.True(again.TryGet("counter/water", out var water));
        Assert.Equal("17", Encoding.ASCII.GetString(water.Span));
        Assert.False(again.TryGet("counter/gas", out _));
        Assert.Equal(["counter/water"], again.Find("counter/").Keys);
        Assert.Equal(2, again.Find("").Count);
    }

    [Fact]
    public async Task Changes_are_written_once_in_an_interval()
    {
        await using var store = await OpenAsync();
        store.Set("counter", "1"u8.ToArray());
        await store.SaveAsync(default);
        var written = Written();
        for (var n = 0; n < 100; n++)
        {
            store.Set("counter", Encoding.ASCII.GetBytes($"{n}"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(written, Written());
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            return Written() != written;
        });
    }

    [Fact]
    public async Task A_damaged_file_is_set_aside_and_what_is_set_from_then_on_is_kept()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5000));
        await using (var store = await OpenAsync())
        {
            Assert.Equal($"{File} is not a database", store.Trouble);
            store.Set("key", "value"u8.ToArray());
        }

        Assert.True(System.IO.File.Exists(Path.Combine(_folder, "data", "state-20261122T010203Z.corrupt.db")));
        await using var again = await OpenAsync();
        Assert.True(again.TryGet("key", out _));
    }

    [Fact]
    public async Task Without_a_disk_values_are_kept_in_memory_until_there_is_one()
    {
        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder, "data"), "");
        await using (var store = await OpenAsync())
        {
            Assert.NotNull(store.Trouble);
            store.Set("key", "value"u8.ToArray());
            await store.SaveAsync(default);
            Assert.True(store.TryGet("key", out _));

            System.IO.File.Delete(Path.Combine(_folder, "data"));
            await store.SaveAsync(default);
            Assert.Null(store.Trouble);
        }

        await using var again = await OpenAsync();
        Assert.True(again.TryGet("key", out _));
    }

    [Fact]
    public async Task Keys_and_values_are_bounded()
    {
        await using var store = await OpenAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Set("key", new byte[StateStore.MaxValueLength + 1]));
        for (var n = 0; n < StateStore.MaxKeys; n++)
        {
            store.Set($"{n}", ReadOnlyMemory<byte>.Empty);
        }

        Assert.Throws<InvalidOperationException>(() => store.Set("one more", ReadOnlyMemory<byte>.Empty));
        store.Set("7", "again"u8.ToArray());
    }

    private long Written() => new[] { File, File + "-wal" }.Where(System.IO.File.Exists).Sum(file => new FileInfo(file).Length);

    private Task<StateStore> OpenAsync() => StateStore.OpenAsync(File, TimeSpan.FromMinutes(5), _time, NullLogger<StateStore>.Instance);
}
