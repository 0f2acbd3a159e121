using FsCheck;
using FsCheck.Fluent;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

public sealed class DeadlinesTests
{
    [Fact]
    public void Deadlines_come_in_order_however_they_were_moved()
        => Prop.ForAll(
            Gen.ArrayOf(Gen.Choose(0, 20).SelectMany(i => Gen.Choose(-1, 100).Select(at => (Item: i, At: at)))).ToArbitrary(),
            moves =>
            {
                var came = new List<(long DueAt, Recording Item)>();
                var items = Enumerable.Range(0, 21).Select(_ => new Recording(came)).ToArray();
                var expected = new Dictionary<Recording, long>();
                var deadlines = new Deadlines();
                foreach (var (item, at) in moves)
                {
                    if (at < 0)
                    {
                        deadlines.Cancel(items[item]);
                        expected.Remove(items[item]);
                    }
                    else
                    {
                        deadlines.Schedule(items[item], at);
                        expected[items[item]] = at;
                    }
                }

                Assert.Equal(expected.Count == 0 ? null : expected.Values.Min(), deadlines.Next);
                deadlines.Run(49);
                Assert.Equal(expected.Values.Where(at => at < 50).Order(), came.Select(c => c.DueAt));
                deadlines.Run(100);
                Assert.Equal(expected.Values.Order(), came.Select(c => c.DueAt));
                Assert.All(came, c => Assert.Equal(expected[c.Item], c.DueAt));
                Assert.Null(deadlines.Next);
            }).QuickCheckThrowOnFailure();

    private sealed class Recording(List<(long, Recording)> came) : Deadline
    {
        public override void OnDue(long now) => came.Add((DueAt, this));
    }
}
