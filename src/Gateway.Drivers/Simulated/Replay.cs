using System.Globalization;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Simulated;

/// <summary>
/// A recording as comma-separated values: the column <c>time</c> (seconds, or times of day and date), and columns called
/// <c>device.point</c>, or <c>point</c> for every device that has one. An empty cell keeps the value before it. Immutable.
/// </summary>
public sealed class Replay
{
    /// <summary>The most cells that a recording may have.</summary>
    public const int MaxCells = 5_000_000;

    private readonly Dictionary<string, ReplayWaveform> _columns;

    private Replay(Dictionary<string, ReplayWaveform> columns) => _columns = columns;

    /// <summary>The columns, without <c>time</c>.</summary>
    public IReadOnlyCollection<string> Columns => _columns.Keys;

    /// <summary>Reads a recording.</summary>
    /// <param name="reader">The text.</param>
    /// <exception cref="FormatException">It is no recording; the message is one sentence that says where and why.</exception>
    public static Replay Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var names = reader.ReadLine()?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        var timeColumn = Array.IndexOf(names, "time");
        if (timeColumn < 0 || names.Length < 2)
        {
            throw new FormatException("line 1 must name the columns: time, and one or more of device.point or point");
        }

        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new FormatException($"line 1 names the column '{twice.Key}' twice");
        }

        var times = new List<TimeSpan>();
        var columns = names.Select(_ => new List<PointValue>()).ToArray();
        DateTimeOffset? began = null;
        for (var line = 2; reader.ReadLine() is { } text; line++)
        {
            if (text.Length > 0)
            {
                ReadLine(text, line, timeColumn, times, columns, ref began);
            }
        }

        if (times.Count == 0)
        {
            throw new FormatException("there are no values below line 1");
        }

        // The last value lasts as long as the one before it.
        var length = times[^1] + (times.Count > 1 ? times[^1] - times[^2] : TimeSpan.FromSeconds(1));
        return new Replay(names.Select((name, i) => (name, i)).Where(column => column.i != timeColumn)
            .ToDictionary(column => column.name, column => new ReplayWaveform(times, columns[column.i], length)));
    }

    /// <summary>Whether a column is about a point.</summary>
    public static bool IsAbout(string column, PointDefinition point)
    {
        ArgumentNullException.ThrowIfNull(point);
        return column == point.ToString() || column == point.Name;
    }

    /// <summary>What the recording says of a point; null: nothing.</summary>
    internal Waveform? Of(PointDefinition point) => _columns.GetValueOrDefault(point.ToString()) ?? _columns.GetValueOrDefault(point.Name);

    private static void ReadLine(string text, int line, int timeColumn, List<TimeSpan> times, List<PointValue>[] columns, ref DateTimeOffset? began)
    {
        var cells = text.Split(',', StringSplitOptions.TrimEntries);
        if (cells.Length != columns.Length)
        {
            throw new FormatException($"line {line} has {cells.Length} cells, and line 1 names {columns.Length} columns");
        }

        if ((long)(times.Count + 1) * cells.Length > MaxCells)
        {
            throw new FormatException($"it has more than {MaxCells} cells");
        }

        var time = ReadTime(cells[timeColumn], line, ref began);
        if (times.Count > 0 && time <= times[^1])
        {
            throw new FormatException($"line {line} is not later than the one before it");
        }

        times.Add(time);
        for (var i = 0; i < cells.Length; i++)
        {
            columns[i].Add(cells[i].Length == 0 && columns[i].Count > 0 ? columns[i][^1] : ReadValue(cells[i]));
        }
    }

    private static TimeSpan ReadTime(string text, int line, ref DateTimeOffset? began)
    {
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1_000_000_000)
        {
            began ??= DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds((double)seconds);
            return DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds((double)seconds) - began.Value;
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            throw new FormatException($"line {line} has the time '{text}': write seconds, or a time such as 2026-11-22T01:02:03Z");
        }

        began ??= time;
        return time - began.Value;
    }

    private static PointValue ReadValue(string text) => text switch
    {
        "true" => PointValue.From(true),
        "false" => PointValue.From(false),
        _ => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? PointValue.From(number) : PointValue.From(text),
    };
}
