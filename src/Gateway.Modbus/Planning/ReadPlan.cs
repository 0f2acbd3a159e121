using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Planning;

/// <summary>Where the answer to a plan's requests holds a point's items.</summary>
/// <param name="Request">Index into <see cref="ReadPlan.Requests"/>.</param>
/// <param name="Offset">The point's first item within that request.</param>
public readonly record struct PointLocation(int Request, int Offset);

/// <summary>
/// The fewest requests that read all given points of one device. Each point lies whole in one request; no request is
/// longer than the limits allow, crosses more than <see cref="ReadLimits.MaxGap"/> items in a row that no point needs, or
/// holds a range that the device is known to refuse. A point that itself holds such a range is asked for alone.
/// </summary>
/// <remarks>
/// Whatever part of an allowed request still reads points is allowed too. Gaps that are too long cut a table into islands
/// that no request can join. Within an island the request that holds the first point not yet read may as well begin with
/// it, and take every point that fits: whatever another choice reads of the points left, this one reads too. So the
/// greedy plan is minimal.
/// </remarks>
public sealed class ReadPlan
{
    private readonly IReadOnlyList<ReadRange> _points;
    private readonly ReadLimits _limits;
    private readonly IReadOnlyCollection<ReadRange> _refused;
    private readonly List<ReadRange> _requests = [];
    private readonly PointLocation[] _locations;

    private ReadPlan(IReadOnlyList<ReadRange> points, ReadLimits limits, IReadOnlyCollection<ReadRange> refused)
    {
        _points = points;
        _limits = limits;
        _refused = refused;
        _locations = new PointLocation[points.Count];
    }

    /// <summary>The requests, by table; within a table those that may be refused last, else by address.</summary>
    public IReadOnlyList<ReadRange> Requests => _requests;

    /// <summary>For each point, in the order given, where it is found.</summary>
    public IReadOnlyList<PointLocation> Locations => _locations;

    /// <summary>Plans the reading of points; they may overlap and be equal.</summary>
    /// <param name="points">What is to be read.</param>
    /// <param name="limits">What the device allows.</param>
    /// <param name="refused">Ranges that the device refused, so that no request may hold one; null: none.</param>
    /// <exception cref="ArgumentException">A point is empty, reaches past 65535, or is longer than one request may be.</exception>
    public static ReadPlan Create(IReadOnlyList<ReadRange> points, ReadLimits limits, IReadOnlyCollection<ReadRange>? refused = null)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(limits);
        foreach (var point in points)
            Check(point, limits);

        var plan = new ReadPlan(points, limits, refused ?? []);
        foreach (var table in Enumerable.Range(0, points.Count).GroupBy(i => points[i].Table).OrderBy(group => group.Key))
            plan.PlanTable(table);
        return plan;
    }

    private static void Check(ReadRange point, ReadLimits limits)
    {
        if (point.Count < 1 || point.End > ModbusLimits.TableSize)
            throw new ArgumentException($"The range {point.Address}..{point.End - 1} is not within a table of {ModbusLimits.TableSize} addresses.");
        if (point.Count > limits.MaxCount(point.Table))
            throw new ArgumentException($"A point of {point.Count} items does not fit into one request of {limits.MaxCount(point.Table)}.");
    }

    private void PlanTable(IEnumerable<int> points)
    {
        var isRefused = points.ToLookup(i => _refused.Any(_points[i].Contains));
        var inOrder = isRefused[false].OrderBy(i => _points[i].Address).ThenBy(i => _points[i].Count).ToList();
        foreach (var island in CutAtGaps(inOrder))
            PlanIsland(island);
        foreach (var alone in isRefused[true].GroupBy(i => _points[i]).OrderBy(group => group.Key.Address))
            Add(alone.Key, alone);
    }

    private IEnumerable<List<int>> CutAtGaps(List<int> inOrder)
    {
        var island = new List<int>();
        var end = 0;
        foreach (var i in inOrder)
        {
            if (island.Count > 0 && _points[i].Address - end > _limits.MaxGap)
            {
                yield return island;
                island = [];
            }

            end = island.Count == 0 ? _points[i].End : Math.Max(end, _points[i].End);
            island.Add(i);
        }

        if (island.Count > 0)
            yield return island;
    }

    private void PlanIsland(List<int> island)
    {
        while (island.Count > 0)
        {
            var first = _points[island[0]];
            var end = FarthestEnd(first);
            var taken = island.Where(i => _points[i].End <= end).ToList();
            Add(first with { Count = taken.Max(i => _points[i].End) - first.Address }, taken);
            island = island.Where(i => _points[i].End > end).ToList();
        }
    }

    /// <summary>Where a request that begins with a point must end at the latest.</summary>
    private int FarthestEnd(ReadRange first)
    {
        var end = first.Address + _limits.MaxCount(first.Table);
        foreach (var refused in _refused)
        {
            if (refused.Table == first.Table && refused.Address >= first.Address)
                end = Math.Min(end, refused.End - 1);
        }

        return end;
    }

    private void Add(ReadRange request, IEnumerable<int> points)
    {
        foreach (var i in points)
            _locations[i] = new(_requests.Count, _points[i].Address - request.Address);
        _requests.Add(request);
    }
}
