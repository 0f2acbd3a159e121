using System.Net;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Tests.Access;

public sealed class LoginPaceTests
{
    private readonly BrokerLimits _limits = new() { LoginDelay = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(10) };
    private readonly Deadlines _deadlines = new();
    private readonly AddressRecord _record;
    private long _now;

    public LoginPaceTests() => _record = new AddressTable(_limits, _deadlines).Enter(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1), out _)!;

    [Fact]
    public void Failed_log_ins_cost_more_and_more_time_until_they_are_refused_unheard_and_are_forgotten()
    {
        Assert.All(Enumerable.Range(0, 4), _ => Fail(0));
        foreach (var pause in (long[])[250, 500, 1000, 2000, 4000])
        {
            var waiting = Begin();
            Advance(_now + pause - 1);
            Assert.False(waiting.Turn.IsCompleted);
            Advance(_now + 1);
            Assert.True(IsHeard(waiting));
            Assert.True(waiting.IsSlowed);
            waiting.End(isFailure: true, _now);
        }

        // 8 s, which is more than a client has time for.
        Assert.False(IsHeard(Begin()));
        Advance(_now + 3000);
        var inLine = Begin();
        Assert.False(inLine.Turn.IsCompleted);
        Advance(_now + 5000);
        Assert.True(IsHeard(inLine));
        inLine.End(isFailure: false, _now);
        Advance(_now + (30 * 60_000));
        Assert.All(Enumerable.Range(0, 4), _ => Fail(0));
    }

    [Fact]
    public void However_many_have_failed_the_pause_is_the_longest_and_the_address_is_forgiven_soon()
    {
        for (var i = 0; i < 200; i++)
        {
            Advance(_now + 30_000);
            Fail(0);
        }

        Advance(_now + 24_999);
        Assert.False(IsHeard(Begin()));
        Advance(_now + 1);
        var waiting = Begin();
        Assert.False(waiting.Turn.IsCompleted);
        waiting.Leave();
        Advance(_now + (9 * 60_000));
        Assert.True(IsHeard(Begin()));
        Assert.True(IsHeard(Begin()));
    }

    [Fact]
    public void Tries_at_the_same_time_count_until_their_results_are_known()
    {
        var tries = Enumerable.Range(0, 1000).Select(_ => Begin()).ToList();
        Assert.Equal(4, tries.Count(IsHeard));
        Assert.All(tries.Skip(4), attempt => Assert.False(attempt.Turn.IsCompleted));
        tries[..4].ForEach(attempt => attempt.End(isFailure: true, _now));
        Assert.Equal(4, tries.Count(IsHeard));

        // Then one after the other, each after the pause that the one before costs, until the rest is refused.
        for (var i = 4; i < 9; i++)
        {
            Advance(_now + (250 << (i - 4)));
            Assert.Equal(i + 1, tries.Count(IsHeard));
            tries[i].End(isFailure: true, _now);
        }

        Assert.All(tries, attempt => Assert.True(attempt.Turn.IsCompleted));
        Assert.Equal(9, tries.Count(IsHeard));
    }

    [Fact]
    public void Right_passwords_at_the_same_time_wait_for_nothing_but_each_others_checks()
    {
        var tries = Enumerable.Range(0, 10_000).Select(_ => Begin()).ToList();
        foreach (var attempt in tries)
        {
            Assert.True(IsHeard(attempt));
            attempt.End(isFailure: false, _now);
            Assert.False(attempt.IsSlowed);
        }
    }

    [Fact]
    public void Right_passwords_after_failures_wait_for_one_pause_together()
    {
        Assert.All(Enumerable.Range(0, 5), i => Fail(i < 4 ? 0 : 250));
        var tries = Enumerable.Range(0, 100).Select(_ => Begin()).ToList();
        Assert.DoesNotContain(tries, IsHeard);
        Advance(_now + 500);
        foreach (var attempt in tries)
        {
            Assert.True(IsHeard(attempt));
            attempt.End(isFailure: false, _now);
        }

        // But no failure is taken back by them: the next one costs as much as before.
        Fail(0);
        Assert.False(Begin().Turn.IsCompleted);
        Advance(_now + 999);
        Assert.False(Begin().Turn.IsCompleted);
    }

    [Fact]
    public void Who_leaves_the_line_is_not_checked_and_makes_room_for_the_next()
    {
        var tries = Enumerable.Range(0, 6).Select(_ => Begin()).ToList();
        tries[4].Leave();
        Assert.True(tries[4].Turn.IsCompleted && !IsHeard(tries[4]));
        tries[0].End(isFailure: false, _now);
        Assert.True(IsHeard(tries[5]));

        // One whose check is under way leaves it to be counted.
        tries[1].Leave();
        Assert.True(IsHeard(tries[1]));
        tries[1..4].ForEach(attempt => attempt.End(isFailure: true, _now));
        tries[5].End(isFailure: true, _now);
        Assert.False(Begin().Turn.IsCompleted);
    }

    [Fact]
    public void Who_has_logged_in_from_an_address_waits_for_failures_under_the_own_name_only()
    {
        _record.OnLoginSucceeded("ann");
        Assert.All(Enumerable.Range(0, 4), _ => Fail(0, "bob"));
        Assert.False(Begin("bob").Turn.IsCompleted);
        Assert.False(Begin("carol").Turn.IsCompleted);
        Assert.False(Begin().Turn.IsCompleted);
        Assert.All(Enumerable.Range(0, 4), _ => Fail(0, "ann"));
        Assert.False(Begin("ann").Turn.IsCompleted);
    }

    [Fact]
    public void An_address_remembers_so_many_users_and_no_more()
    {
        for (var i = 0; i < 100; i++)
        {
            _record.OnLoginSucceeded($"user{i}");
        }

        Assert.All(Enumerable.Range(0, 4), _ => Fail(0, "stranger"));
        Assert.Equal(64, Enumerable.Range(0, 100).Count(i => IsHeard(Begin($"user{i}"))));
    }

    private static bool IsHeard(LoginTry attempt) => attempt.Turn is { IsCompletedSuccessfully: true, Result: true };

    private LoginTry Begin(string? userName = null) => _record.BeginLogin(userName, _now);

    private void Fail(long after, string? userName = null)
    {
        var attempt = Begin(userName);
        Advance(_now + after);
        Assert.True(IsHeard(attempt));
        attempt.End(isFailure: true, _now);
    }

    private void Advance(long now)
    {
        _now = now;
        _deadlines.Run(now);
    }
}
