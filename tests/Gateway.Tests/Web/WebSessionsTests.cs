using Gateway.TestSupport;
using Gateway.Web.Access;

namespace Gateway.Tests.Web;

public sealed class WebSessionsTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_session_is_found_by_its_token_alone()
    {
        var sessions = new WebSessions(_time);
        var (session, token) = sessions.Open("ann", () => true)!.Value;

        Assert.Same(session, sessions.Find(token));
        Assert.Null(sessions.Find(null));
        Assert.Null(sessions.Find(""));
        Assert.Null(sessions.Find(session.CsrfToken));
        Assert.Null(sessions.Find(token.ToUpperInvariant()));
    }

    [Fact]
    public void A_session_ends_a_week_after_its_log_in_however_it_is_used()
    {
        var sessions = new WebSessions(_time);
        var (session, token) = sessions.Open("ann", () => true)!.Value;
        var uses = 0;
        for (; sessions.Find(token) is not null; uses++)
        {
            _time.Advance(TimeSpan.FromMinutes(30));
        }

        Assert.Equal(7 * 48, uses);
        Assert.False(session.IsOpen);
    }

    [Fact]
    public void Of_too_many_sessions_the_one_that_was_used_least_recently_ends()
    {
        var sessions = new WebSessions(_time);
        var tokens = Enumerable.Range(0, WebSessions.Most).Select(_ => Open(sessions)).ToList();
        sessions.Find(tokens[0]);

        Open(sessions);

        Assert.NotNull(sessions.Find(tokens[0]));
        Assert.Null(sessions.Find(tokens[1]));
        Assert.NotNull(sessions.Find(tokens[2]));
    }

    private string Open(WebSessions sessions)
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return sessions.Open("ann", () => true)!.Value.Token;
    }
}
