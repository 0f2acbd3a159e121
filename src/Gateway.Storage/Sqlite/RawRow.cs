using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Storage.Sqlite;

/// <summary>A record as it lies in the file, taken apart. SQLite's "Database File Format", §2.1.</summary>
internal sealed class RawRow
{
    private readonly byte[] _record;
    private readonly List<(long Type, int At)> _columns = [];

    private RawRow(byte[] record) => _record = record;

    public int Count => _columns.Count;

    /// <summary>Null if it is none: its header and its length disagree.</summary>
    public static RawRow? Parse(byte[] record)
    {
        var row = new RawRow(record);
        var at = 0;
        if (!Varint.TryRead(record, ref at, out var header) || header < at || header > record.Length)
        {
            return null;
        }

        var value = header;
        while (at < header)
        {
            if (!Varint.TryRead(record.AsSpan(0, (int)header), ref at, out var type) || type < 0)
            {
                return null;
            }

            row._columns.Add((type, (int)value));
            value += LengthOf(type);
            if (value > record.Length)
            {
                return null;
            }
        }

        return value == record.Length ? row : null;
    }

    public bool IsNull(int column) => column >= Count || _columns[column].Type == 0;

    public bool TryGetInteger(int column, out long value)
    {
        value = 0;
        if (column >= Count || _columns[column].Type is not ((>= 1 and <= 6) or 8 or 9))
        {
            return false;
        }

        var (type, at) = _columns[column];
        if (type >= 8)
        {
            value = type - 8;
            return true;
        }

        value = (sbyte)_record[at];
        for (var i = 1; i < LengthOf(type); i++)
        {
            value = (value << 8) | _record[at + i];
        }

        return true;
    }

    public bool TryGetText(int column, [NotNullWhen(true)] out string? text)
    {
        text = IsOf(column, 13) ? Encoding.UTF8.GetString(Bytes(column)) : null;
        return text is not null;
    }

    public bool TryGetBlob(int column, [NotNullWhen(true)] out byte[]? blob)
    {
        blob = IsOf(column, 12) ? Bytes(column).ToArray() : null;
        return blob is not null;
    }

    private static long LengthOf(long type) => type switch
    {
        0 or 8 or 9 => 0,
        <= 4 => type,
        5 => 6,
        6 or 7 => 8,
        10 or 11 => long.MaxValue / 2, // reserved: never in a file
        _ => (type - 12) / 2,
    };

    private bool IsOf(int column, int first) => column < Count && _columns[column].Type >= first && (_columns[column].Type - first) % 2 == 0;

    private ReadOnlySpan<byte> Bytes(int column) => _record.AsSpan(_columns[column].At, (int)LengthOf(_columns[column].Type));
}
