using FsCheck;
using FsCheck.Fluent;
using Gateway.Runtime.Mapping;

namespace Gateway.Runtime.Tests.Mapping;

/// <summary>What the total of a counter that begins at 0 again withstands, whatever its counts are.</summary>
public class CounterTurnsTests
{
    private const int Range = 1000;
    private const int ConfirmedBy = 5;

    [Fact]
    public void The_total_is_what_the_counter_has_counted_in_truth() => Prop.ForAll(
        Counters(longestStep: (Range / 2) - 1).ToArbitrary(),
        counted =>
        {
            var turns = new CounterTurns(Range, ConfirmedBy, null);
            Keep(turns, counted);
            Assert.Equal(counted[^1], turns.Total);
        }).QuickCheckThrowOnFailure();

    // With longer steps the counter could have come round while the misread count is in doubt.
    [Fact]
    public void A_misread_count_changes_nothing_of_the_total_after_it() => Prop.ForAll(
        (from counted in Counters(longestStep: Range / (2 * ConfirmedBy))
         from misread in Gen.Choose(0, Range - 1)
         from times in Gen.Choose(1, ConfirmedBy - 1)
         from place in Gen.Choose(1, counted.Length - 1)
         select (counted, misread, times, place)).ToArbitrary(),
        test =>
        {
            var turns = new CounterTurns(Range, ConfirmedBy, null);
            Keep(turns, test.counted[..test.place]);
            Keep(turns, Enumerable.Repeat(test.misread, test.times));
            Keep(turns, test.counted[test.place..]);
            Assert.Equal(test.counted[^1], turns.Total);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    // What a counter has counted, reading by reading: two at least.
    private static Gen<int[]> Counters(int longestStep) =>
        from first in Gen.Choose(0, Range - 1)
        from steps in Gen.Choose(0, longestStep).NonEmptyListOf()
        select Sums(first, steps);

    private static int[] Sums(int first, IEnumerable<int> steps)
    {
        var total = first;
        return [total, .. steps.Select(step => total += step)];
    }

    private static void Keep(CounterTurns turns, IEnumerable<int> totals)
    {
        foreach (var total in totals)
        {
            turns.Keep(total % Range);
        }
    }
}
