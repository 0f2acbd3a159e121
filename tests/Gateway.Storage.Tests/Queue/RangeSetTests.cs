using FsCheck;
using FsCheck.Fluent;
using Gateway.Storage.Queue;

namespace Gateway.Storage.Tests.Queue;

public class RangeSetTests
{
    [Fact]
    public void Positions_acknowledged_in_order_take_one_range()
    {
        var set = new RangeSet();
        for (var position = 1; position <= 1000; position++)
        {
            set.Add(position, position);
        }

        Assert.Equal((1, 1000), (set.Count, set.Floor));
    }

    [Fact]
    public void An_empty_range_adds_nothing()
    {
        var set = new RangeSet();
        set.Add(5, 4);
        Assert.Equal((0, 0), (set.Count, set.Floor));
    }

    [Fact]
    public void The_set_holds_what_a_plain_set_holds() =>
        Prop.ForAll(
            Gen.Two(Gen.Choose(1, 60)).ListOf().ToArbitrary(),
            ranges =>
            {
                var set = new RangeSet();
                var plain = new HashSet<long>();
                foreach (var (from, length) in ranges)
                {
                    set.Add(from, from + (length % 7));
                    plain.UnionWith(Enumerable.Range(from, (length % 7) + 1).Select(n => (long)n));
                }

                var floor = Enumerable.Range(1, 100).TakeWhile(n => plain.Contains(n)).Count();
                var runs = plain.Count(n => !plain.Contains(n - 1));
                return Enumerable.Range(0, 100).All(n => set.Contains(n) == plain.Contains(n)) && set.Floor == floor && set.Count == runs
                    && set.AboveFloor.Sum(range => range.To - range.From + 1) == plain.Count - floor;
            }).QuickCheckThrowOnFailure();
}
