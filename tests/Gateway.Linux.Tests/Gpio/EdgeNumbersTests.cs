using Gateway.Linux.Gpio;

namespace Gateway.Linux.Tests.Gpio;

/// <summary>Edges that the kernel gave a number and never told of. The numbers are those of drivers/gpio/gpiolib-cdev.c.</summary>
public class EdgeNumbersTests
{
    private const long Millisecond = 1_000_000;

    private readonly EdgeNumbers _numbers = new();
    private long _now;

    [Fact]
    public void Edges_that_are_all_told_leave_no_gap()
    {
        Take((1, 3, 0), (2, 4, 0), (3, 3, 0));

        Assert.Null(After(100));
        Assert.Null(After(100));
    }

    [Fact]
    public void Two_interrupts_that_became_one_event_are_one_lost_edge_told_once()
    {
        Take((1, 3, 0), (3, 3, 0), (4, 5, 0), (5, 3, 0));

        Assert.Null(After(100));
        Assert.Null(After(50));
        Assert.Equal((3, 1), After(50));
        Take((6, 3, 0));
        Assert.Null(After(100));
        Assert.Null(After(100));
    }

    [Fact]
    public void Events_that_come_out_of_order_are_not_lost()
    {
        Take((1, 3, 0), (3, 4, 0));
        Assert.Null(After(100));
        Take((2, 3, 0), (5, 4, 0));
        Assert.Null(After(100));
        Take((4, 3, 0));

        Assert.Null(After(100));
        Assert.Null(After(100));
    }

    [Fact]
    public void What_the_numbers_of_a_line_account_for_is_not_counted_twice()
    {
        Take((1, 3, 0), (480, 3, 478), (481, 3, 0));

        Assert.Null(After(100));
        Assert.Null(After(100));
    }

    [Fact]
    public void Losses_of_a_busy_line_are_laid_to_it()
    {
        for (uint number = 1; number <= 1000; number++)
        {
            if (number % 10 != 0)
            {
                Take((number, number % 50 == 1 ? 4 : 3, 0));
            }
        }

        Assert.Null(After(100));
        Assert.Equal((3, 99), After(100)); // the thousandth is not missed by an event after it
    }

    [Fact]
    public void What_a_slow_line_tells_of_later_is_taken_back_and_hides_nothing()
    {
        // The kernel drops the second event, which is of line 5.
        Take((1, 3, 0), (3, 3, 0), (4, 3, 0));
        Assert.Null(After(100));
        Assert.Equal((3, 1), After(100));
        Assert.Empty(_numbers.Take(5, 3, 0, _now));
        Assert.Equal([(3, 1)], _numbers.Take(6, 5, 1, _now));

        // One that is really lost.
        Take((8, 3, 0));
        Assert.Null(After(100));
        Assert.Equal((3, 1), After(100));
    }

    [Fact]
    public void What_is_taken_back_is_taken_from_the_lines_that_it_was_laid_to_the_last_first()
    {
        Take((1, 3, 0), (4, 3, 0)); // two became one event of line 3 twice
        Assert.Null(After(100));
        Assert.Equal((3, 2), After(100));

        // Then the kernel drops three events of line 5, and line 4 is busy.
        Take((8, 4, 0));
        Assert.Null(After(100));
        Assert.Equal((4, 3), After(100));
        Assert.Equal([(4, 3)], _numbers.Take(9, 5, 3, _now));
        Assert.Empty(_numbers.Take(10, 3, 0, _now));
        Assert.Null(After(100));

        // Two of line 6, of which lines 4 and 7 were laid one each.
        Take((12, 4, 0));
        Assert.Null(After(100));
        Assert.Equal((4, 1), After(100));
        Take((14, 7, 0));
        Assert.Null(After(100));
        Assert.Equal((7, 1), After(100));
        Assert.Equal([(7, 1), (4, 1)], _numbers.Take(15, 6, 2, _now));
        Assert.Null(After(100));
        Assert.Null(After(100));
    }

    private void Take(params (uint Number, int Line, int Missed)[] events)
    {
        foreach (var (number, line, missed) in events)
        {
            _numbers.Take(number, line, missed, _now);
        }
    }

    private (int Line, int Count)? After(int milliseconds)
    {
        _now += milliseconds * Millisecond;
        return _numbers.Settle(_now, out _);
    }
}
