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

    private static readonly Arbitrary<(ReadRange[] Points, ReadLimits Limits)> Cases =
        (from count in Gen.Choose(0, 7)
         from points in Gen.ArrayOf(Point, count)
         from limits in Limits
         select (points, limits)).ToArbitrary();

    [Fact]
    public void Every_point_is_where_its_location_says()
    {
        Prop.ForAll(Cases, c =>
        {
            var plan = ReadPlan.Create(c.Points, c.Limits);
            return c.Points.Zip(plan.Locations).All(pair =>
            {
                var (point, location) = pair;
                var request = plan.Requests[location.Request];
                return request.Table == point.Table && request.Address + location.Offset == point.Address && point.End <= request.End;
            });
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_request_breaks_a_limit()
    {
        Prop.ForAll(Cases, c => ReadPlan.Create(c.Points, c.Limits).Requests.All(r => IsAllowed(r, c.Points, c.Limits)))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void No_plan_has_fewer_requests()
    {
        Prop.ForAll(Cases, c => ReadPlan.Create(c.Points, c.Limits).Requests.Count == FewestByTryingAll(c.Points, c.Limits))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Neighbours_share_a_request_and_a_hole_divides()
    {
        ReadRange[] points =
        [
            new(ModbusTable.HoldingRegisters, 110, 2), new(ModbusTable.HoldingRegisters, 100, 1), new(ModbusTable.HoldingRegisters, 101, 2),
        ];

        Assert.Equal(
            [new(ModbusTable.HoldingRegisters, 100, 3), new(ModbusTable.HoldingRegisters, 110, 2)], ReadPlan.Create(points, new()).Requests);
        Assert.Equal([new(ModbusTable.HoldingRegisters, 100, 12)], ReadPlan.Create(points, new() { MaxGap = 7 }).Requests);
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

    private static bool IsAllowed(ReadRange request, ReadRange[] points, ReadLimits limits)
    {
        var gap = 0;
        for (var address = (int)request.Address; address < request.End; address++)
        {
            gap = points.Any(p => p.Table == request.Table && p.Address <= address && address < p.End) ? 0 : gap + 1;
            if (gap > limits.MaxGap)
                return false;
        }

        return request.Count <= (request.Table == ModbusTable.Coils ? limits.MaxBits : limits.MaxRegisters);
    }

    // Puts each point into every group there is, or a new one; a group is one request around its points.
    private static int FewestByTryingAll(ReadRange[] points, ReadLimits limits)
    {
        var fewest = points.Length;
        Place(0, []);
        return fewest;

        void Place(int index, List<ReadRange> groups)
        {
            if (groups.Count >= fewest)
                return;
            if (index == points.Length)
            {
                if (groups.All(g => IsAllowed(g, points, limits)))
                    fewest = groups.Count;
                return;
            }

            var point = points[index];
            for (var i = 0; i < groups.Count; i++)
            {
                if (groups[i].Table != point.Table)
                    continue;
                var start = Math.Min(groups[i].Address, point.Address);
                var joined = new ReadRange(point.Table, start, Math.Max(groups[i].End, point.End) - start);
                Place(index + 1, [.. groups[..i], joined, .. groups[(i + 1)..]]);
            }

            Place(index + 1, [.. groups, point]);
        }
    }
}
