using System.Net;
using Gateway.TestSupport;
using Gateway.Web.Access;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Web;

public sealed class LoginAuditTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Lines _lines = new();
    private readonly LoginAudit _audit;

    public LoginAuditTests() => _audit = new LoginAudit(_time, _lines);

    [Fact]
    public void A_wrong_password_is_told_with_user_and_address_and_a_right_one_when_a_session_begins()
    {
        _audit.Note("ann", IPAddress.Parse("::ffff:10.0.0.9"), new LoginOutcome(IsAccepted: false));
        _audit.Note("ann", IPAddress.Parse("10.0.0.9"), new LoginOutcome(IsAccepted: true));
        _audit.NoteSession("ann", IPAddress.Parse("10.0.0.9"));

        Assert.Equal(
            ["A log-in of ann to the page from 10.0.0.9 failed: no such user, or the password is wrong", "ann logged in to the page from 10.0.0.9"],
            _lines.Texts);
        Assert.Equal([("accepted", 1L), ("wrong", 1), ("throttled", 0), ("busy", 0)], _audit.Counts);
    }

    [Fact]
    public void Those_that_have_to_wait_are_all_counted_and_told_once_in_ten_seconds()
    {
        for (var i = 0; i < 100; i++)
        {
            _audit.Note("eve", IPAddress.Loopback, new LoginOutcome(IsAccepted: false, TimeSpan.FromSeconds(2)));
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        _audit.Note("eve", IPAddress.Loopback, new LoginOutcome(IsAccepted: false, TimeSpan.FromSeconds(1)));

        Assert.Equal(
            [.. new[] { "2.0", "1.0" }.Select(seconds => $"A log-in of eve to the page from 127.0.0.1 was not tried: too many failed, and the next has to wait for {seconds} s")],
            _lines.Texts);
        Assert.Contains(("throttled", 101L), _audit.Counts);
    }

    [Fact]
    public void Of_wrong_ones_from_everywhere_ten_are_told_in_ten_seconds_and_all_are_counted()
    {
        for (var i = 0; i < 1000; i++)
        {
            _audit.Note($"user{i}", new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]), new LoginOutcome(IsAccepted: false));
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        _audit.Note("last", IPAddress.Loopback, new LoginOutcome(IsAccepted: false));

        Assert.Equal(11, _lines.Texts.Count);
        Assert.Contains("log-in of last ", _lines.Texts[^1], StringComparison.Ordinal);
        Assert.Contains(("wrong", 1001L), _audit.Counts);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Texts.Add(formatter(state, exception));
    }
}
