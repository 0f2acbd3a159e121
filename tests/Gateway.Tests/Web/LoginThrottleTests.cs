using Gateway.TestSupport;
using Gateway.Web.Access;

namespace Gateway.Tests.Web;

public sealed class LoginThrottleTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly LoginThrottle _throttle;

    public LoginThrottleTests() => _throttle = new LoginThrottle(_time);

    [Fact]
    public void From_one_address_a_guesser_has_a_hundred_tries_an_hour()
    {
        var tries = 0;
        for (var second = 0; second < 3600; second++)
        {
            // Each try with another user, so that the address alone slows it.
            tries += _throttle.TryBegin("10.0.0.9", $"user{tries}", out _, out _) ? 1 : 0;
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(tries, 50, 100);
    }

    [Fact]
    public void A_user_is_guessed_from_a_thousand_addresses_no_faster_than_every_two_seconds()
    {
        var tries = 0;
        for (var tick = 0; tick < 1000; tick++)
        {
            tries += _throttle.TryBegin($"10.0.{tick / 250}.{tick % 250}", "ann", out _, out _) ? 1 : 0;
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(tries, 45, 60); // in 100 s
    }

    [Fact]
    public void Who_has_logged_in_from_an_address_is_not_kept_out_by_what_others_try()
    {
        LogIn("10.0.0.2", "ann");
        for (var i = 0; i < 10; i++)
        {
            _throttle.TryBegin($"10.0.1.{i}", "ann", out _, out _);
        }

        Assert.False(_throttle.TryBegin("10.0.0.3", "ann", out _, out var wait));
        Assert.True(wait > TimeSpan.Zero);
        Assert.True(_throttle.TryBegin("10.0.0.2", "ann", out _, out _));
    }

    [Fact]
    public void Typing_errors_are_free_and_forgotten()
    {
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.True(_throttle.TryBegin("10.0.0.2", "ann", out _, out _));
            }

            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void A_password_of_ones_own_buys_no_guesses_at_others()
    {
        for (var i = 0; i < 3; i++)
        {
            LogIn("10.0.0.9", $"own{i}");
            Assert.True(_throttle.TryBegin("10.0.0.9", $"user{i}", out _, out _));
        }

        LogIn("10.0.0.9", "own0");
        Assert.True(_throttle.TryBegin("10.0.0.9", "user3", out _, out _));
        Assert.False(_throttle.TryBegin("10.0.0.9", "user4", out _, out _));
    }

    [Fact]
    public void Who_is_known_may_come_with_many_at_once_and_guess_no_more_than_others()
    {
        LogIn("10.0.0.2", "ann");
        var attempts = new List<LoginTry>();
        for (var i = 0; i < 20; i++)
        {
            Assert.True(_throttle.TryBegin("10.0.0.2", "ann", out var attempt, out _));
            attempts.Add(attempt);
        }

        foreach (var attempt in attempts.Take(3))
        {
            _throttle.Fail(attempt);
        }

        Assert.True(_throttle.TryBegin("10.0.0.2", "ann", out _, out _));
        _throttle.Fail(attempts[3]);
        Assert.False(_throttle.TryBegin("10.0.0.2", "ann", out _, out _));
    }

    [Fact]
    public void A_try_that_was_none_costs_nothing()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.True(_throttle.TryBegin("10.0.0.2", "ann", out var attempt, out _));
            _throttle.Abandon(attempt);
        }
    }

    [Fact]
    public void A_guesser_who_comes_from_everywhere_frees_nobody_who_has_to_wait()
    {
        for (var i = 0; i < 12; i++)
        {
            _throttle.TryBegin("10.0.0.9", $"guess{i}", out _, out var wait);
            _time.Advance(wait);
            _throttle.TryBegin("10.0.0.9", $"guess{i}", out _, out _);
        }

        for (var i = 0; i < 2 * LoginThrottle.Most; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(0.1));
            Assert.True(_throttle.TryBegin($"10.1.{i / 250}.{i % 250}", $"user{i}", out _, out _));
        }

        Assert.False(_throttle.TryBegin("10.0.0.9", "bob", out _, out _));
    }

    [Fact]
    public void Who_is_refused_is_not_remembered_for_it()
    {
        for (var i = 0; i < 12; i++)
        {
            _throttle.TryBegin("10.0.0.9", "ann", out _, out var wait);
            _time.Advance(wait);
            _throttle.TryBegin("10.0.0.9", "ann", out _, out _);
        }

        LogIn("10.0.0.2", "bob");
        for (var i = 0; i < 2 * LoginThrottle.Most; i++)
        {
            Assert.False(_throttle.TryBegin("10.0.0.9", $"user{i}", out _, out _));
        }

        Assert.True(_throttle.TryBegin("10.0.0.3", "carl", out _, out _));
        Assert.False(_throttle.TryBegin("10.0.0.3", "ann", out _, out _));
    }

    private void LogIn(string address, string user)
    {
        Assert.True(_throttle.TryBegin(address, user, out var attempt, out _));
        _throttle.Succeed(attempt);
    }
}
