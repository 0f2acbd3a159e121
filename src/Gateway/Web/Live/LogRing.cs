using System.Collections.Concurrent;
using Gateway.Hosting;

namespace Gateway.Web.Live;

/// <summary>A line of the log.</summary>
/// <param name="Number">Its number, from 1, one more for each line.</param>
/// <param name="Time">When it was written, UTC.</param>
/// <param name="Level">trace, debug, info, warn, error or fatal.</param>
/// <param name="Category">The part of the gateway that wrote it.</param>
/// <param name="Text">What it says, on one line.</param>
internal sealed record LogLine(long Number, DateTimeOffset Time, string Level, string Category, string Text);

/// <summary>The last lines of the log, for the page. At most a thousand, each cut off at 2,000 characters. Thread-safe.</summary>
internal sealed class LogRing(TimeProvider timeProvider) : ILoggerProvider
{
    /// <summary>How many lines are kept.</summary>
    public const int Capacity = 1_000;

    private const int LongestText = 2_000;

    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _lines = new();
    private readonly ConcurrentDictionary<string, ILogger> _loggers = [];
    private bool _isKept = true;
    private long _number;

    /// <summary>Whether lines are kept; without a page nobody looks. Default true.</summary>
    public bool IsKept
    {
        get => Volatile.Read(ref _isKept);
        set
        {
            lock (_gate)
            {
                _isKept = value;
                if (!value)
                {
                    _lines.Clear();
                    _lines.TrimExcess();
                }
            }
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => _loggers.GetOrAdd(categoryName, static (name, ring) => new RingLogger(ring, name), this);

    /// <summary>The last lines, the oldest first.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="after">The number of a line that was seen already, with all before it.</param>
    public IReadOnlyList<LogLine> Read(int count, long after = 0)
    {
        lock (_gate)
        {
            // Numbers have no gaps: how many are new is known without looking.
            var news = (int)Math.Clamp(_number - after, 0, Math.Min(_lines.Count, count));
            return news == 0 ? [] : [.. _lines.Skip(_lines.Count - news)];
        }
    }

    public void Dispose()
    {
    }

    private void Add(LogLevel level, string category, string text)
    {
        lock (_gate)
        {
            if (!_isKept)
            {
                return;
            }

            if (_lines.Count == Capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(new LogLine(++_number, timeProvider.GetUtcNow(), LineFormatter.NameOf(level), category, text));
        }
    }

    private sealed class RingLogger(LogRing ring, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && ring.IsKept;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var text = formatter(state, exception) + (exception is null ? "" : $" | {exception.Message}");
                ring.Add(logLevel, category, LineFormatter.OnOneLine(text.Length <= LongestText ? text : text[..LongestText] + "…"));
            }
        }
    }
}
