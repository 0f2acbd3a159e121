using Gateway.Storage.Sqlite;
using Gateway.Storage.Timing;

namespace Gateway.Storage.Queue;

/// <content>What the file holds.</content>
internal sealed partial class QueueStore
{
    /// <summary>Counts the records after one position and up to another.</summary>
    public long Count(long after, long through) => _count.Bind(1, after).Bind(2, through).RunForNumber()!.Value;

    /// <summary>Reads records after one position and up to another, in order, until there are <paramref name="maxRecords"/> or <paramref name="maxBytes"/> of them. True if there are no more.</summary>
    public bool Read(bool isUrgentOnly, long after, long through, int maxRecords, int maxBytes, List<QueueRecord> records)
    {
        var read = isUrgentOnly ? _readUrgent : _read;
        read.Bind(1, after).Bind(2, through).Bind(3, maxRecords);
        try
        {
            while (read.Step())
            {
                var (device, point) = GetPoint(read.GetInt64(4));
                var stored = ReadTime(read);
                var record = new QueueRecord
                {
                    Position = read.GetInt64(0),
                    Boot = (int)read.GetInt64(1),
                    Sequence = read.GetInt64(2),
                    Time = stored.Time,
                    Uptime = stored.Uptime,
                    IsUnsynchronised = stored.IsUnsynchronised,
                    Device = device,
                    Point = point,
                    Body = read.GetBlob(5).ToArray(),
                    IsUrgent = read.GetInt64(6) != 0,
                };
                records.Add(record);
                maxBytes -= record.MemoryCost;
                if (maxBytes <= 0)
                {
                    return false;
                }
            }

            return records.Count < maxRecords;
        }
        finally
        {
            read.Reset();
        }
    }

    /// <summary>The first record after a position; null if there is none.</summary>
    public StoredRecord? GetFirst(long after)
    {
        _first.Bind(1, after);
        StoredRecord? first = _first.Step() ? ReadTime(_first) : null;
        _first.Reset();
        return first;
    }

    /// <summary>Whether there is a record at a position.</summary>
    public bool Holds(long position) => Count(position - 1, position) > 0;

    /// <summary>The position of the record that is so many behind a position; that of the last one if there are fewer.</summary>
    public long GetNth(long after, int count) => _nth.Bind(1, after).Bind(2, count - 1).RunForNumber() ?? GetLast();

    /// <summary>The position of the last record; 0 if there is none.</summary>
    public long GetLast() => _last.RunForNumber() ?? 0;

    /// <summary>Reads the names of points anew, after a rollback may have taken some away.</summary>
    public void LoadPoints()
    {
        _pointIds.Clear();
        _points.Clear();
        using var all = new Statement(_connection, "SELECT id, device, name FROM point");
        while (all.Step())
        {
            Remember(all.GetInt64(0), all.GetText(1), all.GetText(2));
        }
    }

    /// <summary>Whether a boot of the gateway was since the machine's start, as far as it is known.</summary>
    public bool IsOfThisMachineBoot(int boot) => _boots.GetValueOrDefault(boot).IsThisMachineBoot;

    private StoredRecord ReadTime(Statement read)
    {
        const int boot = 1, time = 3, uptime = 7, unsynchronised = 8;
        var (isThisMachineBoot, offset) = _boots.GetValueOrDefault((int)read.GetInt64(boot));
        TimeSpan? since = read.IsNull(uptime) ? null : Microseconds.ToSpan(read.GetInt64(uptime));

        // SQLite has no checksums: a time that there is not comes from a damaged row, whose reading may be whole all the same.
        var isUnsynchronised = read.GetInt64(unsynchronised) != 0 || !Microseconds.IsTime(read.GetInt64(time));
        var isCorrected = isUnsynchronised && offset is not null && since is not null;
        return new StoredRecord(
            read.GetInt64(0),
            isCorrected ? AcquisitionClock.ToUtc(since!.Value, offset!.Value) : Microseconds.ToTime(read.GetInt64(time)),
            isThisMachineBoot ? since : null,
            isUnsynchronised && !isCorrected);
    }

    private void LoadBoots()
    {
        _boots.Clear();
        if (_version < QueueSchema.BootsSince)
        {
            return;
        }

        using var all = new Statement(_connection, "SELECT boot, machine, offset FROM boot");
        while (all.Step())
        {
            TimeSpan? offset = all.IsNull(2) ? null : Microseconds.ToSpan(all.GetInt64(2));
            var isThisMachineBoot = all.GetText(1) == _machineBoot;
            _boots[(int)all.GetInt64(0)] = (isThisMachineBoot, offset);
            Offset = isThisMachineBoot ? offset ?? Offset : Offset;
        }
    }

    private void LoadAcknowledged()
    {
        if (_version < QueueSchema.AcknowledgedSince)
        {
            return;
        }

        using var all = new Statement(_connection, $"SELECT reader, first, last FROM acknowledged WHERE last < {ImpossiblePosition}");
        while (all.Step())
        {
            var reader = all.GetText(0);
            if (!Acknowledged.TryGetValue(reader, out var ranges))
            {
                Acknowledged[reader] = ranges = [];
            }

            ranges.Add((all.GetInt64(1), all.GetInt64(2)));
            HighestPosition = Math.Max(HighestPosition, all.GetInt64(2));
        }
    }

    private void LoadDeparted()
    {
        List<QueueRecord> records = [];
        foreach (var (reader, (label, position, hasArrived, isBacklog)) in DepartureTable.Load(_connection, _version))
        {
            records.Clear();
            Read(isUrgentOnly: false, position - 1, position, 1, int.MaxValue, records);
            if (!Departed.TryGetValue(reader, out var departed))
            {
                Departed[reader] = departed = [];
            }

            departed.Add(new DepartedRecord(label, records.FirstOrDefault() is { } record ? record with { IsBacklog = isBacklog } : null, hasArrived));
            HighestPosition = Math.Max(HighestPosition, position);
        }
    }

    // The copy of the number of the last start may be gone, and so may the number, if the file was salvaged: records, parked ones too, have theirs.
    // Records that had been parked came back with boots of their own, so the last is not the only one to look at.
    private int FindLastBoot()
    {
        var inRecords = $"SELECT max(boot) FROM (SELECT boot FROM record ORDER BY position DESC LIMIT {ParkedRecord.MaxRecords + 1})";
        var inTables = _version < QueueSchema.BootsSince ? "" : "UNION ALL SELECT boot FROM boot UNION ALL SELECT boot FROM parked ";
        return (int)(Ask($"SELECT max(boot) FROM (SELECT value AS boot FROM meta WHERE key = 'boot' {inTables}UNION ALL {inRecords}) WHERE boot < {int.MaxValue}") ?? 0);
    }

    private (string Device, string Point) GetPoint(long id) => _points.TryGetValue(id, out var point) ? point : ("", "");

    private void Remember(long id, string device, string point)
    {
        _pointIds[(device, point)] = id;
        _points[id] = (device, point);
    }
}
