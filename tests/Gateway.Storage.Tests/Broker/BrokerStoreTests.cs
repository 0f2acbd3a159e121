using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Broker;
using Gateway.Storage.Sqlite;
using Gateway.TestSupport;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Tests.Broker;

public sealed class BrokerStoreTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);

    private static readonly BrokerRows Everything = new()
    {
        Sessions = [new SessionRow(1, "panel", Time, Bytes(1)), new SessionRow(7, "zwei: °C", null, Bytes(2))],
        Subscriptions = [new SubscriptionRow(1, "$share/g/a/+", Bytes(3)), new SubscriptionRow(1, "a/#", Bytes(4)), new SubscriptionRow(7, "a/#", Bytes(5))],
        Incoming = [new IncomingRow(1, 7), new IncomingRow(7, 65_535)],
        Messages = [new MessageRow(1, Time, Bytes(6)), new MessageRow(long.MaxValue, null, Bytes())],
        Deliveries =
        [
            new DeliveryRow { SessionId = 1, Number = 3, QoS = QualityOfService.ExactlyOnce, PacketIdentifier = 65_535 },
            new DeliveryRow { SessionId = 1, Number = 4, MessageId = 1, QoS = QualityOfService.AtLeastOnce, PacketIdentifier = 1, Retain = true },
            new DeliveryRow { SessionId = 7, Number = 1, MessageId = 1, QoS = QualityOfService.AtLeastOnce, SubscriptionIdentifiers = [5, 268_435_455] },
        ],
        Retained = [new RetainedRow("a/b", "panel", Time, Bytes(7)), new RetainedRow("ü", null, null, Bytes(8, 9))],
    };

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    private string FilePath => Path.Combine(_folder, "broker.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rows_come_back_as_they_were_committed()
    {
        await CommitAsync(new BrokerChanges { Saved = Everything });
        AssertSame(Everything, await LoadAsync());
    }

    [Fact]
    public async Task A_file_of_a_newer_gateway_is_left_alone()
    {
        await CommitAsync(new BrokerChanges { Saved = Everything });
        using (var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            await connection.OpenAsync();
            SqliteFile.Execute(connection, "PRAGMA user_version = 99; PRAGMA application_id = 0x67776363");
        }

        AssertSame(BrokerRows.Empty, await LoadAsync());
        using var store = Open();
        await store.LoadAsync(CancellationToken.None);
        var fault = await Assert.ThrowsAsync<StorageException>(async () => await store.CommitAsync(new BrokerChanges { Saved = Everything }, CancellationToken.None));

        Assert.Contains("was written by a newer gateway", fault.Message, StringComparison.Ordinal);
        Assert.Equal([FilePath], Directory.GetFiles(_folder, "*.db"));
    }

    [Fact]
    public async Task Changes_replace_and_remove()
    {
        await CommitAsync(
            new BrokerChanges { Saved = Everything },
            new BrokerChanges
            {
                Saved = new BrokerRows
                {
                    Sessions = [new SessionRow(7, "zwei: °C", Time, Bytes(20))],
                    Deliveries = [new DeliveryRow { SessionId = 7, Number = 1, QoS = QualityOfService.AtLeastOnce, PacketIdentifier = 9, MessageId = 1 }],
                    Retained = [new RetainedRow("a/b", null, null, Bytes(21))],
                },
                EndedSessions = [1],
                RemovedSubscriptions = [(7, "a/#"), (9, "never there")],
                RemovedIncoming = [new IncomingRow(7, 65_535)],
                RemovedDeliveries = [(1, 3)],
                RemovedMessages = [long.MaxValue],
                RemovedRetained = ["ü"],
            });
        AssertSame(
            new BrokerRows
            {
                Sessions = [new SessionRow(7, "zwei: °C", Time, Bytes(20))],
                Messages = [new MessageRow(1, Time, Bytes(6))],
                Deliveries = [new DeliveryRow { SessionId = 7, Number = 1, QoS = QualityOfService.AtLeastOnce, PacketIdentifier = 9, MessageId = 1 }],
                Retained = [new RetainedRow("a/b", null, null, Bytes(21))],
            },
            await LoadAsync());
    }

    [Fact]
    public async Task Everything_takes_the_place_of_what_was_there()
    {
        var retained = new BrokerRows { Retained = [new RetainedRow("c", null, null, Bytes(1))] };
        await CommitAsync(new BrokerChanges { Saved = Everything }, new BrokerChanges { ReplacesAll = true, Saved = retained });
        AssertSame(retained, await LoadAsync());
    }

    /// <summary>The file is one that the first version of the store wrote, with clients that were not this project's.</summary>
    [Fact]
    public async Task A_file_of_the_first_version_is_read()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Broker", "first-schema.db"), FilePath);

        var rows = await LoadAsync();

        Assert.Equal(["a", "c"], rows.Sessions.Select(row => row.ClientId));
        Assert.All(rows.Sessions, row => Assert.Equal(new DateOnly(2026, 11, 22), DateOnly.FromDateTime(row.DisconnectedAt!.Value.UtcDateTime)));
        Assert.Equal("102800044D515454052C00000511FFFFFFFF000161051801E133800008612F73746174757300036F6666", ToText(rows.Sessions[0].Connect));
        Assert.Equal(
            ["$share/g/u/+ 8212000100000C2473686172652F672F752F2B09", "t/# 820B0001020B070003742F2302"],
            rows.Subscriptions.Select(row => $"{row.TopicFilter} {ToText(row.Subscribe)}").Order(StringComparer.Ordinal));
        Assert.Equal([new IncomingRow(1, 0x63)], rows.Incoming);
        Assert.Equal(
            [(1L, (long?)null, 1, 2), (2L, 1L, 2, 2), (3L, 2L, 0, 1), (4L, 3L, 0, 1)],
            rows.Deliveries.Select(row => (row.Number, row.MessageId, (int)row.PacketIdentifier, (int)row.QoS)));
        Assert.Equal([null, [7u], [7u], [7u]], rows.Deliveries.Select(row => row.SubscriptionIdentifiers));
        Assert.Equal(
            ["34120003742F320001072600016B00017674776F", "32120003742F330001050212CC02FE7468726565", "330F0006742F6B657074000100666F7572"],
            rows.Messages.Select(row => ToText(row.Publish)));
        Assert.Equal([null, 2036, null], rows.Messages.Select(row => row.ExpiresAt?.Year));
        Assert.Equal("t/kept", Assert.Single(rows.Retained).Topic);

        // Converted for good, and once.
        AssertSame(rows, await LoadAsync());
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_set_aside()
    {
        await File.WriteAllTextAsync(FilePath, new string('x', 5000));
        using var store = Open();

        var loaded = await store.LoadAsync(default);
        await store.CommitAsync(new BrokerChanges { Saved = Everything }, default);

        Assert.Equal(0, loaded.Count);
        Assert.True(File.Exists(Path.Combine(_folder, "broker-20261122T010203Z.corrupt.db")));
        AssertSame(Everything, await store.LoadAsync(default));
    }

    [Fact]
    public async Task What_can_be_read_of_a_damaged_file_is_salvaged()
    {
        await CommitAsync(new BrokerChanges
        {
            Saved = Everything with
            {
                Messages = [.. Enumerable.Range(1, 1000).Select(id => new MessageRow(id, null, new byte[1000]))],
            },
        });
        Damage("message");

        var loaded = await LoadAsync();

        Assert.InRange(loaded.Messages.Count, 1, 999);
        AssertSame(Everything, loaded with { Messages = Everything.Messages });
        Assert.Single(Directory.GetFiles(_folder, "broker-*.corrupt.db"));
        AssertSame(loaded, await LoadAsync());
    }

    [Fact]
    public async Task Damage_that_a_commit_meets_is_reported_and_the_next_commit_begins_a_new_file()
    {
        await CommitAsync(new BrokerChanges { Saved = Everything with { Messages = [.. Enumerable.Range(1, 1000).Select(id => new MessageRow(id, null, new byte[1000]))] } });
        Damage("message");
        using var store = Open();

        await Assert.ThrowsAsync<StorageException>(async () => await store.CommitAsync(new BrokerChanges { RemovedMessages = [.. Enumerable.Range(1, 1000)] }, default));
        await store.CommitAsync(new BrokerChanges { ReplacesAll = true, Saved = Everything }, default);

        AssertSame(Everything, await store.LoadAsync(default));
        Assert.Single(Directory.GetFiles(_folder, "broker-*.corrupt.db"));
    }

    [Fact]
    public async Task A_file_that_could_not_be_opened_at_the_start_is_not_written_over()
    {
        await CommitAsync(new BrokerChanges { Saved = Everything });
        File.Move(FilePath, FilePath + ".hidden");
        Directory.CreateDirectory(FilePath);
        using var store = Open();
        Assert.Equal(0, (await store.LoadAsync(default)).Count);
        var exception = await Assert.ThrowsAsync<StorageException>(async () => await store.CommitAsync(new BrokerChanges { ReplacesAll = true }, default));
        Assert.Contains(FilePath, exception.Message);

        Directory.Delete(FilePath);
        File.Move(FilePath + ".hidden", FilePath);
        await store.CommitAsync(new BrokerChanges { ReplacesAll = true }, default);

        Assert.Equal(0, (await store.LoadAsync(default)).Count);
        using var aside = new BrokerStore(Assert.Single(Directory.GetFiles(_folder, "broker-*.corrupt.db")), _time, NullLogger<BrokerStore>.Instance);
        AssertSame(Everything, await aside.LoadAsync(default));
    }

    [SmallDiskFact]
    public async Task A_full_disk_fails_the_commit_and_leaves_what_was_there()
    {
        using var disk = SmallDisk.Mount(1_000_000);
        var path = Path.Combine(disk.Path, "broker.db");
        using (var store = new BrokerStore(path, _time, NullLogger<BrokerStore>.Instance))
        {
            await store.CommitAsync(new BrokerChanges { Saved = Everything }, default);
            var large = new BrokerChanges { Saved = new BrokerRows { Messages = [new MessageRow(5, null, new byte[2_000_000])] } };
            var exception = await Assert.ThrowsAsync<StorageException>(async () => await store.CommitAsync(large, default));
            Assert.Equal($"the disk that holds {path} is full", exception.Message);
            AssertSame(Everything, await store.LoadAsync(default));
            await store.CommitAsync(new BrokerChanges { EndedSessions = [7] }, default);
        }

        using var again = new BrokerStore(path, _time, NullLogger<BrokerStore>.Instance);
        Assert.Single((await again.LoadAsync(default)).Sessions);
    }

    [Fact]
    public async Task A_hundred_thousand_messages_load_within_seconds()
    {
        const int count = 100_000;
        await CommitAsync(new BrokerChanges
        {
            Saved = new BrokerRows
            {
                Sessions = [new SessionRow(1, "s", Time, Bytes(1))],
                Messages = [.. Enumerable.Range(1, count).Select(id => new MessageRow(id, null, new byte[100]))],
                Deliveries = [.. Enumerable.Range(1, count).Select(id => new DeliveryRow { SessionId = 1, Number = id, MessageId = id, QoS = QualityOfService.AtLeastOnce })],
            },
        });
        var began = TimeProvider.System.GetTimestamp();
        var rows = await LoadAsync();
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(count, rows.Deliveries.Count);
        Assert.Equal(Enumerable.Range(1, count).Select(number => (long)number), rows.Deliveries.Select(row => row.Number));
    }

    private static ReadOnlyMemory<byte> Bytes(params byte[] bytes) => bytes;

    private static string ToText(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    private static void AssertSame(BrokerRows expected, BrokerRows actual) => Assert.Equal(Describe(expected), Describe(actual));

    private static List<string> Describe(BrokerRows rows) =>
    [
        .. rows.Sessions.Select(row => $"session {row.Id} {row.ClientId} {row.DisconnectedAt:O} {ToText(row.Connect)}").Order(StringComparer.Ordinal),
        .. rows.Subscriptions.Select(row => $"subscription {row.SessionId} {row.TopicFilter} {ToText(row.Subscribe)}").Order(StringComparer.Ordinal),
        .. rows.Incoming.Select(row => $"incoming {row}").Order(StringComparer.Ordinal),
        .. rows.Messages.Select(row => $"message {row.Id} {row.ExpiresAt:O} {ToText(row.Publish)}").Order(StringComparer.Ordinal),
        .. rows.Deliveries.Select(row => $"delivery {row with { SubscriptionIdentifiers = null }} {string.Join(',', row.SubscriptionIdentifiers ?? [])}"),
        .. rows.Retained.Select(row => $"retained {row.Topic} {row.Origin} {row.ExpiresAt:O} {ToText(row.Publish)}").Order(StringComparer.Ordinal),
    ];

    // Overwrites the last leaf page of a table.
    private void Damage(string table)
    {
        long page;
        using (var connection = SqliteFile.Open(FilePath, BrokerSchema.Migrations, BrokerSchema.Migrations.Count, out _))
        {
            SqliteFile.Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            using var root = new Statement(connection, $"SELECT rootpage FROM sqlite_master WHERE name = '{table}'");
            page = root.RunForNumber()!.Value;
        }

        // The root of a table with an interior page names its right-most child at offset 8.
        using var file = File.Open(FilePath, FileMode.Open);
        Span<byte> child = stackalloc byte[4];
        file.Position = ((page - 1) * 4096) + 8;
        file.ReadExactly(child);
        file.Position = (System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(child) - 1) * 4096L;
        file.Write(new byte[4096]);
    }

    private BrokerStore Open() => new(FilePath, _time, NullLogger<BrokerStore>.Instance);

    private async Task CommitAsync(params BrokerChanges[] changes)
    {
        using var store = Open();
        foreach (var change in changes)
        {
            await store.CommitAsync(change, default);
        }
    }

    private async Task<BrokerRows> LoadAsync()
    {
        using var store = Open();
        return await store.LoadAsync(default);
    }
}
