using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.TestSupport;
using Gateway.Web.Access;

namespace Gateway.Tests.Web;

public sealed class PageAccessTests
{
    [Fact]
    public async Task Without_a_session_only_the_page_its_log_in_and_its_health_are_given()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true, files: ("index.html", "x"u8.ToArray()));

        foreach (var path in new[] { "/", "/index.html", "/healthz", "/api/session" })
        {
            using var response = await page.SendAsync(HttpMethod.Get, path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        foreach (var path in new[] { "/api/status", "/API/STATUS", "/api/points", "/api/queue", "/api/live", "/api/log", "/metrics", "/api/session/", "/nowhere" })
        {
            using var response = await page.SendAsync(HttpMethod.Get, path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("log in first", await PageFixture.ReadErrorAsync(response));
        }
    }

    [Fact]
    public async Task Who_logs_in_gets_a_cookie_that_no_script_and_no_other_page_has()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);

        using var login = await page.LogInAsync();
        var cookie = login.Headers.GetValues("Set-Cookie").Single();
        using var status = await page.SendAsync(HttpMethod.Get, "/api/status");
        using var session = JsonDocument.Parse(await page.Http.GetStringAsync(new Uri("/api/session", UriKind.Relative)));

        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
        Assert.True(session.RootElement.GetProperty("needed").GetBoolean());
        Assert.Equal(PageFixture.User, session.RootElement.GetProperty("user").GetString());
        Assert.NotEmpty(session.RootElement.GetProperty("csrf").GetString()!);
    }

    [Theory]
    [InlineData(PageFixture.User, "wrong")]
    [InlineData("nobody", PageFixture.Password)]
    [InlineData("", "")]
    public async Task A_wrong_password_and_an_unknown_user_are_told_the_same(string user, string password)
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);

        using var response = await page.LogInAsync(user, password);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("the user is not known, or the password is wrong", await PageFixture.ReadErrorAsync(response));
        Assert.Null(await page.ReadTokenAsync());
    }

    [Fact]
    public async Task A_flood_of_log_ins_is_slowed_and_the_right_password_with_it()
    {
        var time = new ManualTimeProvider();
        await using var page = await PageFixture.StartAsync(needsLogIn: true, time);
        for (var i = 0; i < 4; i++)
        {
            using var wrong = await page.LogInAsync(password: "wrong");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var refused = await page.LogInAsync();
        time.Advance(refused.Headers.RetryAfter!.Delta!.Value);
        using var accepted = await page.LogInAsync();

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
    }

    [Theory]
    [InlineData(300, 5)]
    [InlineData(5, 2000)]
    public async Task Log_ins_that_are_too_long_to_be_right_are_slowed_as_others_are(int userLength, int passwordLength)
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true, new ManualTimeProvider());
        var (user, password) = (new string('u', userLength), new string('p', passwordLength));
        for (var i = 0; i < 4; i++)
        {
            using var wrong = await page.LogInAsync(user, password);
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var refused = await page.LogInAsync(user, password);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
    }

    [Fact]
    public async Task A_log_in_that_was_checked_before_the_users_changed_begins_no_session()
    {
        var time = new ChangingUsers();
        await using var page = await PageFixture.StartAsync(needsLogIn: true, time);
        time.Change = () =>
        {
            File.AppendAllText(page.UsersFile, "# another edition, with the same user\n");
            page.Dashboard.Users!.Reload();
        };

        using var login = await page.LogInAsync();
        time.Change = null;
        using var status = await page.SendAsync(HttpMethod.Get, "/api/status");
        using var again = await page.LogInAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, login.StatusCode);
        Assert.Equal("the users have changed meanwhile: try again", await PageFixture.ReadErrorAsync(login));
        Assert.Equal(HttpStatusCode.Unauthorized, status.StatusCode);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Who_logs_out_is_out()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);
        using var login = await page.LogInAsync();

        using var logout = await page.SendAsync(HttpMethod.Post, "/api/logout", "", await page.ReadTokenAsync());
        using var status = await page.SendAsync(HttpMethod.Get, "/api/status");

        Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, status.StatusCode);
    }

    [Fact]
    public async Task A_session_ends_when_it_is_not_used()
    {
        var time = new ManualTimeProvider();
        await using var page = await PageFixture.StartAsync(needsLogIn: true, time);
        using var login = await page.LogInAsync();
        time.Advance(WebSessions.IdleTime - TimeSpan.FromSeconds(1));
        using var used = await page.SendAsync(HttpMethod.Get, "/api/status");
        time.Advance(WebSessions.IdleTime);

        using var unused = await page.SendAsync(HttpMethod.Get, "/api/status");

        Assert.Equal(HttpStatusCode.OK, used.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, unused.StatusCode);
    }

    [Fact]
    public async Task A_new_password_ends_the_sessions_of_the_old_one()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);
        using var login = await page.LogInAsync();
        page.Dashboard.Users!.Reload();
        using var same = await page.SendAsync(HttpMethod.Get, "/api/status");

        page.SetPassword("battery staple");
        page.Dashboard.Users!.Reload();
        using var other = await page.SendAsync(HttpMethod.Get, "/api/status");
        using var old = await page.LogInAsync();
        using var anew = await page.LogInAsync(password: "battery staple");

        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, old.StatusCode);
        Assert.Equal(HttpStatusCode.OK, anew.StatusCode);
    }

    [Fact]
    public async Task Programs_read_with_user_and_password_and_change_nothing_so()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);
        var right = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{PageFixture.User}:{PageFixture.Password}"))).ToString();
        var wrong = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{PageFixture.User}:x"))).ToString();

        using var read = await page.SendAsync(HttpMethod.Get, "/api/status", null, null, ("Authorization", right));
        using var refused = await page.SendAsync(HttpMethod.Get, "/api/status", null, null, ("Authorization", wrong));
        using var change = await page.SendAsync(HttpMethod.Put, "/api/queue/retry", null, null, ("Authorization", right));

        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, change.StatusCode);
    }

    [Fact]
    public async Task A_program_that_has_logged_in_may_ask_for_many_things_at_once()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);
        var right = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{PageFixture.User}:{PageFixture.Password}"))).ToString();
        using var first = await page.SendAsync(HttpMethod.Get, "/api/status", null, null, ("Authorization", right));

        var responses = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => page.SendAsync(HttpMethod.Get, "/api/status", null, null, ("Authorization", right))));

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Array.ForEach(responses, response => response.Dispose());
    }

    [Theory]
    [InlineData("Forwarded", "for=192.0.2.7")]
    [InlineData("X-Forwarded-For", "192.0.2.7")]
    [InlineData("x-forwarded-proto", "https")]
    [InlineData("X-Real-IP", "192.0.2.7")]
    public async Task Who_comes_through_a_proxy_on_this_machine_logs_in(string header, string value)
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: false);
        var token = await page.ReadTokenAsync();

        using var read = await page.SendAsync(HttpMethod.Get, "/api/status", null, null, (header, value));
        using var change = await page.SendAsync(HttpMethod.Put, "/api/queue/retry", null, token, (header, value));
        using var health = await page.SendAsync(HttpMethod.Get, "/healthz", null, null, (header, value));
        using var session = await page.SendAsync(HttpMethod.Get, "/api/session", null, null, (header, value));
        using var login = await page.SendAsync(HttpMethod.Post, "/api/login", JsonSerializer.Serialize(new { user = PageFixture.User, password = PageFixture.Password }), null, (header, value));
        using var after = await page.SendAsync(HttpMethod.Get, "/api/status", null, null, (header, value));

        Assert.Equal(HttpStatusCode.Unauthorized, read.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, change.StatusCode);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.True(JsonDocument.Parse(await session.Content.ReadAsStringAsync()).RootElement.GetProperty("needed").GetBoolean());
        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_changes_something_needs_the_token_of_the_session(bool needsLogIn)
    {
        await using var page = await PageFixture.StartAsync(needsLogIn);
        if (needsLogIn)
        {
            using var login = await page.LogInAsync();
        }

        using var without = await page.SendAsync(HttpMethod.Put, "/api/queue/retry");
        using var wrong = await page.SendAsync(HttpMethod.Put, "/api/queue/retry", null, WebSession.CreateToken());
        using var right = await page.SendAsync(HttpMethod.Put, "/api/queue/retry", null, await page.ReadTokenAsync());

        Assert.Equal(HttpStatusCode.Forbidden, without.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Origin", "null")]
    public async Task Another_page_changes_nothing_even_with_the_token(string header, string value)
    {
        await using var page = await PageFixture.StartAsync();
        var token = await page.ReadTokenAsync();

        using var response = await page.SendAsync(HttpMethod.Put, "/api/queue/retry", null, token, (header, value));
        using var login = await page.SendAsync(HttpMethod.Post, "/api/login", "{}", null, (header, value));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, login.StatusCode);
    }

    [Fact]
    public async Task The_page_itself_changes_things()
    {
        await using var page = await PageFixture.StartAsync();

        using var response = await page.SendAsync(
            HttpMethod.Put, "/api/queue/retry", null, await page.ReadTokenAsync(), ("Sec-Fetch-Site", "same-origin"), ("Origin", page.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_form_of_another_page_does_not_log_in()
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);
        using var form = new StringContent("""{"user":"ann","password":"correct horse"}""", Encoding.UTF8, "text/plain");

        using var response = await page.Http.PostAsync(new Uri("/api/login", UriKind.Relative), form);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData(70_000, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(1_000, HttpStatusCode.BadRequest)]
    public async Task A_body_that_is_too_large_or_none_is_refused(int length, HttpStatusCode status)
    {
        await using var page = await PageFixture.StartAsync(needsLogIn: true);

        using var response = await page.SendAsync(HttpMethod.Post, "/api/login", new string('[', length));

        Assert.Equal(status, response.StatusCode);
        Assert.NotEmpty(await PageFixture.ReadErrorAsync(response));
    }

    /// <summary>A clock that has the users change whenever somebody looks at it, as the last thing before a session begins does.</summary>
    private sealed class ChangingUsers : TimeProvider
    {
        private int _isChanging;

        public Action? Change { get; set; }

        public override long GetTimestamp()
        {
            if (Interlocked.Exchange(ref _isChanging, 1) == 0)
            {
                Change?.Invoke();
                Volatile.Write(ref _isChanging, 0);
            }

            return base.GetTimestamp();
        }
    }
}
