using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Hosting;

/// <summary>
/// One line per log entry. For the journal, which stamps lines itself: the kernel's priority in angle brackets and the message
/// (sd-daemon(3)); for people: time in UTC, level and message.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="isJournal">Whether the journal reads the lines.</param>
internal sealed class LineFormatter(TimeProvider timeProvider, bool isJournal) : ConsoleFormatter(FormatterName)
{
    private static readonly SearchValues<char> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(char.IsControl), '\u2028', '\u2029']);

    /// <summary>The name under which the console logger finds the formatter.</summary>
    public const string FormatterName = "line";

    /// <summary>Whether this process's output goes to the journal.</summary>
    public static bool IsUnderJournal => Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (isJournal)
        {
            textWriter.Write(PriorityOf(logEntry.LogLevel));
        }
        else
        {
            textWriter.Write(timeProvider.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
            textWriter.Write($" {NameOf(logEntry.LogLevel),-5} ");
        }

        // What comes from outside (a device's name, a broker's reason) may hold line breaks; an entry is one line.
        textWriter.Write(OnOneLine(message));
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(" | ");
            textWriter.Write(OnOneLine(logEntry.LogLevel >= LogLevel.Error ? exception.ToString() : exception.Message));
        }

        textWriter.Write('\n');
    }

    /// <summary>A text without line breaks and other control characters, those of Unicode among them.</summary>
    public static string OnOneLine(string text) =>
        text.AsSpan().ContainsAny(Controls)
            ? string.Create(text.Length, text, static (line, from) =>
            {
                from.CopyTo(line);
                line.ReplaceAny(Controls, ' ');
            })
            : text;

    private static string PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "<7>",
        LogLevel.Information => "<6>",
        LogLevel.Warning => "<4>",
        LogLevel.Error => "<3>",
        _ => "<2>",
    };

    /// <summary>What people call a level: trace, debug, info, warn, error, fatal.</summary>
    public static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
