using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Planning;

/// <summary>Where the answer to a plan's requests holds a point's items.</summary>
/// <param name="Request">Index into <see cref="ReadPlan.Requests"/>.</param>
/// <param name="Offset">The point's first item within that request.</param>
public readonly record struct PointLocation(int Request, int Offset);

/// <summary>
/// The fewest requests that read all given points of one device. Each point lies whole in one request; no request is
/// longer than the limits allow or crosses more than <see cref="ReadLimits.MaxGap"/> items in a row that no point needs.
/// </summary>
/// <remarks>
/// Gaps that are too long cut a table into islands that no request can join. Within an island the request that holds
/// the first point not yet read may as well begin with it, and take every point that fits: whatever another choice
/// reads of the points left, this one reads too. So the greedy plan is minimal.
/// </remarks>
public sealed class ReadPlan
{
    private ReadPlan(IReadOnlyList<ReadRange> requests, IReadOnlyList<PointLocation> locations)
    {
        Requests = requests;
        Locations = locations;
    }

    /// <summary>The requests, by table and address.</summary>
    public IReadOnlyList<ReadRange> Requests { get; }

    /// <summary>For each point, in the order given, where it is found.</summary>
    public IReadOnlyList<PointLocation> Locations { get; }

    /// <summary>Plans the reading of points; they may overlap and be equal.</summary>
    /// <exception cref="ArgumentException">A point is empty, reaches past 65535, or is longer than one request may be.</exception>
    public static ReadPlan Create(IReadOnlyList<ReadRange> points, ReadLimits limits)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(limits);
        foreach (var point in points)
            Check(point, limits);

        var requests = new List<ReadRange>();
        var locations = new PointLocation[points.Count];
        var byTable = Enumerable.Range(0, points.Count).GroupBy(i => points[i].Table).OrderBy(group => group.Key);
        foreach (var table in byTable)
        {
            var inOrder = table.OrderBy(i => points[i].Address).ThenBy(i => points[i].Count).ToList();
            foreach (var island in CutAtGaps(inOrder, points, limits.MaxGap))
                PlanIsland(island, points, limits.MaxCount(table.Key), requests, locations);
        }

        return new(requests, locations);
    }

    private static void Check(ReadRange point, ReadLimits limits)
    {
        if (point.Count < 1 || point.End > ModbusLimits.TableSize)
            throw new ArgumentException($"The range {point.Address}..{point.End - 1} is not within a table of {ModbusLimits.TableSize} addresses.");
        if (point.Count > limits.MaxCount(point.Table))
            throw new ArgumentException($"A point of {point.Count} items does not fit into one request of {limits.MaxCount(point.Table)}.");
    }

    private static IEnumerable<List<int>> CutAtGaps(List<int> inOrder, IReadOnlyList<ReadRange> points, int maxGap)
    {
        var island = new List<int>();
        var end = 0;
        foreach (var i in inOrder)
        {
            if (island.Count > 0 && points[i].Address - end > maxGap)
            {
                yield return island;
                island = [];
            }

            end = island.Count == 0 ? points[i].End : Math.Max(end, points[i].End);
            island.Add(i);
        }

        yield return island;
    }

    private static void PlanIsland(
        List<int> island, IReadOnlyList<ReadRange> points, int maxCount, List<ReadRange> requests, PointLocation[] locations)
    {
        while (island.Count > 0)
        {
            var first = points[island[0]];
            var taken = island.Where(i => points[i].End <= first.Address + maxCount).ToList();
            foreach (var i in taken)
                locations[i] = new(requests.Count, points[i].Address - first.Address);
            requests.Add(first with { Count = taken.Max(i => points[i].End) - first.Address });
            island = island.Where(i => points[i].End > first.Address + maxCount).ToList();
        }
    }
}
