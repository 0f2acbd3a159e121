using Gateway.Storage.Sqlite;

namespace Gateway.Storage.Queue;

/// <summary>
/// Brings what can be read of a damaged file into a new one: records, parked ones, counts of losses, and what is known of the times of boots.
/// What had arrived and was not deleted yet comes again, with its key.
/// </summary>
internal static class QueueSalvage
{
    private const int BatchRecords = 2000;
    private const int BatchParked = 50;

    /// <summary>Fills a new file, in which there is nothing yet, as far as there is room for it. Throws what <see cref="DiskTrouble"/> knows.</summary>
    /// <param name="damaged">The damaged file.</param>
    /// <param name="store">The new one.</param>
    /// <param name="before">Positions from here on are in memory.</param>
    /// <param name="options">How much room there is, and what gives way.</param>
    /// <param name="unsalvaged">Takes what did not fit.</param>
    /// <returns>How many records there are in the new file.</returns>
    public static int Fill(string damaged, QueueStore store, long before, QueueOptions options, UnsalvagedRecords unsalvaged)
    {
        using var file = new DamagedFile(damaged);
        var points = FindPoints(file);
        FillTables(file, store, unsalvaged);
        FillDrops(file, store);
        List<QueueRecord> batch = [];
        HashSet<long> inBatch = [];
        var (count, batchBytes) = (0, 0L);
        foreach (var (position, bytes) in file.Rows())
        {
            if (position > 0 && position < before && RawRow.Parse(bytes) is { } row && ToRecord(position, row, points) is { } record
                && store.GetFirst(position - 1)?.Position != position && !unsalvaged.Contains(position) && inBatch.Add(position))
            {
                batch.Add(record);
                batchBytes += record.DiskCost;
                if (batch.Count == BatchRecords || batchBytes >= options.MaxBatchBytes)
                {
                    count += Insert(batch, batchBytes, store, options, unsalvaged);
                    batch.Clear();
                    inBatch.Clear();
                    batchBytes = 0;
                }
            }
        }

        return count + Insert(batch, batchBytes, store, options, unsalvaged);
    }

    /// <summary>Answers by how many records the file has grown, or shrunk.</summary>
    private static int Insert(List<QueueRecord> batch, long bytes, QueueStore store, QueueOptions options, UnsalvagedRecords unsalvaged)
    {
        List<RemovedRecord> removed = [];
        var limit = options.GetSalvageLimit();
        store.Begin();
        for (var before = -1; options.WhenFull is FullPolicy.DropOldest or FullPolicy.ThinOut && store.UsedBytes + bytes > limit && removed.Count > before;)
        {
            before = removed.Count;
            store.DropThrough(store.GetNth(0, batch.Count), removed);
        }

        var hasRoom = store.UsedBytes + bytes <= limit;
        foreach (var record in batch)
        {
            if (hasRoom)
            {
                store.Insert(record);
            }
            else
            {
                unsalvaged.Add(record.Position, record.Device);
            }
        }

        store.Commit();
        removed.ForEach(record => unsalvaged.Add(record.Position, record.Device));
        return (hasRoom ? batch.Count : 0) - removed.Count;
    }

    private static void FillTables(DamagedFile file, QueueStore store, UnsalvagedRecords unsalvaged)
    {
        List<ParkedRecord> parked = [];
        foreach (var (key, bytes) in file.Rows())
        {
            if (RawRow.Parse(bytes) is not { } row || !row.IsNull(0))
            {
                continue;
            }

            if (row.Count == 3 && row.TryGetText(1, out var machine) && (row.IsNull(2) || row.TryGetInteger(2, out _)) && key is > 0 and <= int.MaxValue)
            {
                store.SaveBoot((int)key, machine, row.TryGetInteger(2, out var offset) && IsTime(offset) ? Microseconds.ToSpan(offset) : null);
            }
            else if (ToParked(row) is { } record)
            {
                parked.Add(record);
                if (parked.Count == BatchParked)
                {
                    Park(parked, store, unsalvaged);
                }
            }
        }

        Park(parked, store, unsalvaged);
    }

    // A page that was freed may hold an older count.
    private static void FillDrops(DamagedFile file, QueueStore store)
    {
        Dictionary<(string, DropReason), QueueDrops> counts = [];
        foreach (var bytes in file.Entries())
        {
            if (RawRow.Parse(bytes) is { Count: 3 } row && row.TryGetInteger(0, out var reason) && row.TryGetText(1, out var device) && row.TryGetInteger(2, out var count)
                && DropTable.ToDrops(reason, device, count) is { } drops
                && !(counts.TryGetValue((device, drops.Reason), out var known) && known.Count > count))
            {
                counts[(device, drops.Reason)] = drops;
            }
        }

        store.Begin();
        store.Drops.Save(counts.Values);
        store.Commit();
    }

    private static void Park(List<ParkedRecord> parked, QueueStore store, UnsalvagedRecords unsalvaged)
    {
        List<string> dropped = [];
        store.Begin();
        store.Parked.Add(parked, dropped);
        store.Commit();
        parked.Clear();
        dropped.ForEach(unsalvaged.AddParked);
    }

    private static bool IsTime(long time) => time >= Microseconds.From(DateTimeOffset.MinValue) && time <= Microseconds.From(DateTimeOffset.MaxValue);

    private static ParkedRecord? ToParked(RawRow row)
    {
        if (row.Count < 11 || !row.TryGetText(1, out var reader) || !row.TryGetText(2, out var reason) || !row.TryGetInteger(3, out var boot)
            || !row.TryGetInteger(4, out var sequence) || !row.TryGetInteger(5, out var time) || !row.TryGetInteger(6, out var unsynchronised)
            || !row.TryGetText(7, out var device) || !row.TryGetText(8, out var point) || !row.TryGetBlob(9, out var body)
            || !row.TryGetInteger(10, out var urgent) || boot is < 1 or > int.MaxValue || sequence < 1 || !IsTime(time))
        {
            return null;
        }

        return new ParkedRecord(reader, reason, new QueueRecord
        {
            Position = 0,
            Boot = (int)boot,
            Sequence = sequence,
            Time = Microseconds.ToTime(time),
            IsUnsynchronised = unsynchronised != 0,
            Uptime = row.Count > 11 && row.TryGetInteger(11, out var uptime) && IsTime(uptime) ? Microseconds.ToSpan(uptime) : null,
            Device = device,
            Point = point,
            Body = body,
            IsUrgent = urgent != 0,
        });
    }

    private static Dictionary<long, (string Device, string Point)> FindPoints(DamagedFile file)
    {
        Dictionary<long, (string, string)> points = [];
        foreach (var (id, bytes) in file.Rows())
        {
            if (RawRow.Parse(bytes) is { Count: 3 } row && row.IsNull(0) && row.TryGetText(1, out var device) && row.TryGetText(2, out var point))
            {
                points[id] = (device, point);
            }
        }

        // The same stands in the index of the names, on other pages.
        foreach (var bytes in file.Entries())
        {
            if (RawRow.Parse(bytes) is { Count: 3 } row && row.TryGetText(0, out var device) && row.TryGetText(1, out var point) && row.TryGetInteger(2, out var id))
            {
                points.TryAdd(id, (device, point));
            }
        }

        return points;
    }

    // The columns of the first schema, and as many as there are of later ones.
    private static QueueRecord? ToRecord(long position, RawRow row, Dictionary<long, (string Device, string Point)> points)
    {
        if (row.Count < 6 || !row.IsNull(0) || !row.TryGetInteger(1, out var boot) || !row.TryGetInteger(2, out var sequence)
            || !row.TryGetInteger(3, out var time) || !row.TryGetInteger(4, out var point) || !row.TryGetBlob(5, out var body)
            || boot is < 1 or > int.MaxValue || sequence < 1 || !points.TryGetValue(point, out var names)
            || !IsTime(time))
        {
            return null;
        }

        return new QueueRecord
        {
            Position = position,
            Boot = (int)boot,
            Sequence = sequence,
            Time = Microseconds.ToTime(time),
            Device = names.Device,
            Point = names.Point,
            Body = body,
            IsUrgent = row.TryGetInteger(6, out var urgent) && urgent != 0,
            Uptime = row.TryGetInteger(7, out var uptime) ? Microseconds.ToSpan(uptime) : null,
            IsUnsynchronised = row.TryGetInteger(8, out var unsynchronised) && unsynchronised != 0,
        };
    }
}
