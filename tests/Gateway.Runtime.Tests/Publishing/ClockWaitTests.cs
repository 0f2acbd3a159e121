using Gateway.Runtime.Publishing;
using Gateway.Storage.Timing;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>For how long a backlog waits for the machine's clock.</summary>
public class ClockWaitTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Machine _machine;
    private readonly ClockWait _wait;

    public ClockWaitTests()
    {
        _machine = new Machine(_time);
        _wait = new ClockWait(new AcquisitionClock(_machine, NullLogger<AcquisitionClock>.Instance), _time);
    }

    [Fact]
    public void It_waits_a_minute_at_most()
    {
        Assert.True(_wait.Begin());
        Assert.Equal(60, Count(() => _wait.Continue(isHolding: true, isBacklogDone: false)));
        Assert.False(_wait.IsOver);
    }

    [Fact]
    public void It_ends_when_the_clock_is_synchronised()
    {
        Assert.True(_wait.Begin());
        Assert.True(Continue(isHolding: true, isBacklogDone: false));
        _machine.IsSet = true;
        Assert.False(Continue(isHolding: true, isBacklogDone: false));
        Assert.True(_wait.IsOver);
        Assert.False(_wait.Begin());
    }

    [Fact]
    public void It_does_not_begin_where_nobody_sets_the_clock()
    {
        _machine.HasService = false;
        Assert.False(_wait.Begin());
    }

    [Fact]
    public void A_line_that_drops_has_no_minute_for_each_connection()
    {
        Assert.True(_wait.Begin());
        for (var connection = 0; connection < 5; connection++)
        {
            Assert.True(Continue(isHolding: true, isBacklogDone: false, seconds: 10));
            _time.Advance(TimeSpan.FromHours(1)); // away, which is no part of it
            Assert.True(_wait.Begin());
        }

        Assert.False(Continue(isHolding: true, isBacklogDone: false, seconds: 10));
        Assert.False(Continue(isHolding: false, isBacklogDone: true));
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.False(_wait.Begin());
    }

    [Fact]
    public void After_a_long_absence_it_waits_again_if_the_backlog_before_it_had_gone()
    {
        _wait.Begin();
        Assert.False(Continue(isHolding: true, isBacklogDone: false, seconds: 60));
        _time.Advance(TimeSpan.FromHours(9));
        Assert.False(_wait.Begin());
        Assert.False(Continue(isHolding: false, isBacklogDone: true));
        _time.Advance(TimeSpan.FromHours(9));
        Assert.True(_wait.Begin());
    }

    [Fact]
    public void A_connection_without_a_backlog_costs_nothing()
    {
        Assert.True(_wait.Begin());
        Assert.True(Continue(isHolding: false, isBacklogDone: true, seconds: 3600));
    }

    private bool Continue(bool isHolding, bool isBacklogDone, int seconds = 1)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        return _wait.Continue(isHolding, isBacklogDone);
    }

    private int Count(Func<bool> goesOn)
    {
        var seconds = 0;
        do
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            seconds++;
        }
        while (goesOn());
        return seconds;
    }

    private sealed class Machine(ManualTimeProvider time) : IMachineClock
    {
        private readonly long _from = time.GetTimestamp();

        public bool IsSet { get; set; }

        public bool HasService { get; set; } = true;

        public string BootId => "1";

        public TimeSpan Uptime => time.GetElapsedTime(_from);

        public DateTimeOffset UtcNow => time.GetUtcNow();

        public bool IsSynchronised() => IsSet;

        public bool MayBeSynchronised() => HasService;

        public bool IsProven() => IsSet;
    }
}
