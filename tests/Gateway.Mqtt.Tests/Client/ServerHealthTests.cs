using Gateway.Mqtt.Client;

namespace Gateway.Mqtt.Tests.Client;

/// <summary>In which order servers are tried that have failed before.</summary>
public sealed class ServerHealthTests
{
    private static readonly Uri A = new("mqtt://a.example.org:1883");
    private static readonly Uri B = new("mqtt://b.example.org:1883");
    private static readonly Uri C = new("mqtt://c.example.org:1883");

    private readonly ServerHealth _health = new();

    [Fact]
    public void Servers_that_failed_come_after_those_that_did_not_and_the_order_of_the_list_holds_else()
    {
        Assert.Equal([A, B, C], Order(0));
        Fail(A, 0);
        Assert.Equal([B, C, A], Order(1));
        Fail(B, 1);
        Assert.Equal([C, A, B], Order(2));
        Fail(C, 2);
        Assert.Equal([A, B, C], Order(3));
    }

    [Fact]
    public void Each_minute_halves_what_is_remembered()
    {
        Fail(A, 0);
        Assert.Equal([B, C, A], Order(59));
        Assert.Equal([A, B, C], Order(60));
        for (var i = 0; i < 1000; i++)
        {
            Fail(A, 100);
        }

        Fail(B, 100);
        Assert.Equal([C, B, A], Order(101));
        Assert.Equal([B, C, A], Order(100 + (5 * 60)));
        Assert.Equal([A, B, C], Order(100 + (6 * 60)));
    }

    [Fact]
    public void A_connection_that_lasted_makes_up_for_everything()
    {
        Fail(A, 0);
        _health.Settled(A);
        Assert.Equal([A, B, C], Order(1));
        Assert.Equal((null, null, null), _health.Find(A));
    }

    [Fact]
    public void A_server_is_back_when_every_probe_of_the_quiet_time_was_answered()
    {
        Fail(A, 0);
        Probe(A, null, 10);
        Probe(A, null, 40);
        Assert.False(HasAnswered(A, 69));
        Probe(A, "refused", 70);
        Assert.Equal(("refused", Seconds(70), null), _health.Find(A));
        Probe(A, null, 80);
        Assert.False(HasAnswered(A, 139));
        Assert.True(HasAnswered(A, 140));
        _health.ProbesEnded();
        Assert.False(HasAnswered(A, 200));
    }

    [Fact]
    public void One_that_takes_the_client_in_and_throws_it_out_again_has_to_answer_for_longer_each_time()
    {
        foreach (var minutes in new[] { 1, 1, 2, 4, 8, 16, 16 })
        {
            Probe(A, null, 0);
            Assert.False(HasAnswered(A, (minutes * 60) - 1), $"after {minutes} min");
            Assert.True(HasAnswered(A, minutes * 60));
            _health.GoingBack(A);
            Assert.Equal([A, B, C], Order(0));
            _health.Failed(A, "dropped", wasAccepted: true, Seconds(0));
        }
    }

    [Fact]
    public void So_has_one_that_does_not_take_it_in_when_it_comes_back()
    {
        Fail(A, 0);
        Fail(A, 0);
        foreach (var minutes in new[] { 1, 1, 2, 4, 8, 16, 16 })
        {
            Probe(A, null, 0);
            Assert.False(HasAnswered(A, (minutes * 60) - 1), $"after {minutes} min");
            Assert.True(HasAnswered(A, minutes * 60));
            _health.GoingBack(A);
            Fail(A, 0);

            // Nobody goes back to it meanwhile: what fails then is what has failed before.
            Fail(A, 0);
        }
    }

    [Fact]
    public void Any_number_of_servers_that_references_lead_to_takes_bounded_memory()
    {
        for (var i = 0; i < 100_000; i++)
        {
            Fail(new Uri($"mqtt://{i}.example.org"), 0);
        }

        Fail(A, 0);
        Assert.Equal([B, C, A], Order(1));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private void Fail(Uri server, double at) => _health.Failed(server, "refused", wasAccepted: false, Seconds(at));

    private void Probe(Uri server, string? problem, double at) => _health.Probed(server, problem, Seconds(at));

    private bool HasAnswered(Uri server, double at) => _health.HasAnsweredFor(server, Seconds(60), Seconds(at));

    private IEnumerable<Uri> Order(double at) => _health.Arrange([A, B, C], Seconds(at));
}
