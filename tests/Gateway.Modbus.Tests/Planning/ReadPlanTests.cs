using FsCheck;
using FsCheck.Fluent;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Modbus.Tests.Planning;

public sealed class ReadPlanTests
{
    private static readonly Gen<ReadRange> Point =
        from table in Gen.Elements(ModbusTable.HoldingRegisters, ModbusTable.Coils)
        from address in Gen.Choose(0, 30)
        from count in Gen.Choose(1, 4)
        select new ReadRange(table, (ushort)address, count);

    private static readonly Gen<ReadLimits> Limits =
        from registers in Gen.Choose(4, 12)
        from bits in Gen.Choose(4, 16)
        from gap in Gen.Choose(0, 4)
        select new ReadLimits { MaxRegisters = registers, MaxBits = bits, MaxGap = gap };

    // Points among those that are refused, and ranges around and within them.
    private static readonly Arbitrary<Case> Cases =
        (from count in Gen.Choose(0, 7)
         from points in Gen.ArrayOf(Point, count)
         from limits in Limits
         from refusedCount in Gen.Choose(0, 3)
         from refused in Gen.ArrayOf(Point, refusedCount)
         select new Case(points, limits, refused)).ToArbitrary();

    [Fact]
    public void Every_point_is_where_its_location_says()
    {
        Prop.ForAll(Cases, c =>
        {
            var plan = c.Plan();
            return c.Points.Zip(plan.Locations).All(pair =>
            {
                var (point, location) = pair;
                var request = plan.Requests[location.Request];
                return request.Table == point.Table && request.Address + location.Offset == point.Address && point.End <= request.End;
            });
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_request_breaks_a_limit_or_holds_what_is_refused()
    {
        Prop.ForAll(Cases, c =>
        {
            var plan = c.Plan();
            return plan.Requests.Select((_, i) => c.Points.Where((_, p) => plan.Locations[p].Request == i).ToArray()).All(c.IsAllowed);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_request_serves_a_point_at_either_end()
    {
        Prop.ForAll(Cases, c =>
        {
            var plan = c.Plan();
            return plan.Requests.Select((request, i) => (request, Points: c.Points.Where((_, p) => plan.Locations[p].Request == i).ToArray()))
                .All(r => r.Points.Min(p => p.Address) == r.request.Address && r.Points.Max(p => p.End) == r.request.End);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_plan_has_fewer_requests()
    {
        Prop.ForAll(Cases, c => c.Plan().Requests.Count == c.FewestByTryingAll())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Neighbours_share_a_request_and_a_hole_divides()
    {
        ReadRange[] points = [Holding(110, 2), Holding(100, 1), Holding(101, 2)];

        Assert.Equal([Holding(100, 3), Holding(110, 2)], ReadPlan.Create(points, new()).Requests);
        Assert.Equal([Holding(100, 12)], ReadPlan.Create(points, new() { MaxGap = 7 }).Requests);
    }

    [Fact]
    public void What_is_refused_is_asked_for_alone_and_last()
    {
        ReadRange[] points = [Holding(0, 1), Holding(1, 1), Holding(2, 2), Holding(3, 1), Holding(4, 1)];

        Assert.Equal([Holding(0, 2), Holding(4, 1), Holding(2, 2), Holding(3, 1)], ReadPlan.Create(points, new(), [Holding(3, 1)]).Requests);
        Assert.Equal([Holding(0, 4), Holding(4, 1)], ReadPlan.Create(points, new(), [Holding(0, 5)]).Requests);
        Assert.Equal([Holding(0, 5)], ReadPlan.Create(points, new(), [new(ModbusTable.InputRegisters, 0, 5)]).Requests);
    }

    [Fact]
    public void The_last_address_is_reached()
    {
        ReadRange[] points = [new(ModbusTable.InputRegisters, 65535, 1), new(ModbusTable.InputRegisters, 65411, 1)];

        Assert.Equal([new(ModbusTable.InputRegisters, 65411, 125)], ReadPlan.Create(points, new() { MaxGap = 200 }).Requests);
    }

    [Theory]
    [InlineData(65535, 2)]
    [InlineData(0, 126)]
    [InlineData(0, 0)]
    public void A_point_that_cannot_be_read_is_an_error(int address, int count) =>
        Assert.Throws<ArgumentException>(() => ReadPlan.Create([new(ModbusTable.InputRegisters, (ushort)address, count)], new()));

    private static ReadRange Holding(ushort address, int count) => new(ModbusTable.HoldingRegisters, address, count);

    private sealed record Case(ReadRange[] Points, ReadLimits Limits, ReadRange[] Refused)
    {
        public ReadPlan Plan() => ReadPlan.Create(Points, Limits, Refused);

        /// <summary>Whether one request may serve all of these points.</summary>
        public bool IsAllowed(IReadOnlyCollection<ReadRange> served)
        {
            var request = Around(served);
            if (Refused.Any(refused => Holds(request, refused)))
                return served.All(point => point == request);

            var others = Points.Where(point => !Refused.Any(refused => Holds(point, refused))).ToArray();
            var gap = 0;
            for (var address = (int)request.Address; address < request.End; address++)
            {
                gap = others.Any(p => p.Table == request.Table && p.Address <= address && address < p.End) ? 0 : gap + 1;
                if (gap > Limits.MaxGap)
                    return false;
            }

            return request.Count <= (request.Table == ModbusTable.Coils ? Limits.MaxBits : Limits.MaxRegisters);
        }

        // Puts each point into every group there is, or a new one; a group is one request around its points.
        public int FewestByTryingAll()
        {
            var fewest = Points.Length;
            Place(0, []);
            return fewest;

            void Place(int index, List<ReadRange[]> groups)
            {
                if (groups.Count >= fewest)
                    return;
                if (index == Points.Length)
                {
                    if (groups.All(IsAllowed))
                        fewest = groups.Count;
                    return;
                }

                for (var i = 0; i < groups.Count; i++)
                {
                    if (groups[i][0].Table == Points[index].Table)
                        Place(index + 1, [.. groups[..i], [.. groups[i], Points[index]], .. groups[(i + 1)..]]);
                }

                Place(index + 1, [.. groups, [Points[index]]]);
            }
        }

        private static ReadRange Around(IReadOnlyCollection<ReadRange> points)
        {
            var first = points.MinBy(point => point.Address);
            return first with { Count = points.Max(point => point.End) - first.Address };
        }

        private static bool Holds(ReadRange outer, ReadRange inner) =>
            outer.Table == inner.Table && outer.Address <= inner.Address && inner.Address + inner.Count <= outer.Address + outer.Count;
    }
}
