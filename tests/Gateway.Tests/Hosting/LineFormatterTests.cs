using Gateway.Hosting;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

public sealed class LineFormatterTests
{
    [Fact]
    public void PeopleGetTimeAndLevel() =>
        Assert.Equal("2026-11-22T01:02:03.004Z warn  uplink away\n", Format(isJournal: false, LogLevel.Warning, "uplink away"));

    [Fact]
    public void TheJournalGetsThePriority() => Assert.Equal("<3>uplink away\n", Format(isJournal: true, LogLevel.Error, "uplink away"));

    [Fact]
    public void AnEntryIsOneLine() => Assert.Equal("<6>a b\n", Format(isJournal: true, LogLevel.Information, "a\nb"));

    [Fact]
    public void No_control_character_and_no_line_break_of_Unicode_passes()
    {
        var controls = string.Concat(Enumerable.Range(0, 0x3000).Select(code => (char)code).Where(character => char.IsControl(character) || character is '\u2028' or '\u2029'));

        Assert.Equal(67, controls.Length);
        Assert.Equal($"<6>é{new string(' ', 67)}€\n", Format(isJournal: true, LogLevel.Information, $"é{controls}€"));
    }

    [Fact]
    public void AnExceptionFollowsTheMessage() =>
        Assert.Equal("<4>away | no  route\n", Format(isJournal: true, LogLevel.Warning, "away", new IOException("no\r\nroute")));

    private static string Format(bool isJournal, LogLevel level, string message, Exception? exception = null)
    {
        var formatter = new LineFormatter(new ManualTimeProvider(), isJournal);
        using var writer = new StringWriter();
        formatter.Write(new LogEntry<string>(level, "Gateway", default, message, exception, (state, _) => state), null, writer);
        return writer.ToString();
    }
}
