using Gateway.Runtime.Mapping;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Runtime.Tests.Mapping;

public sealed class MeasurementOutletTests
{
    private readonly MeasurementOutlet _outlet = new(NullLogger.Instance);

    [Fact]
    public void What_comes_while_there_is_no_queue_goes_to_the_next_in_its_order()
    {
        var (first, second) = (new RecordingQueue(), new RecordingQueue());
        Append(1);
        _outlet.Open(first);
        Append(2);
        _outlet.Close();
        Append(3);
        Append(4);
        _outlet.Open(second);
        Append(5);

        Assert.Equal(["p1", "p2"], first.Points);
        Assert.Equal(["p3", "p4", "p5"], second.Points);
    }

    [Fact]
    public void No_more_is_held_than_there_is_room_for()
    {
        for (var i = 0; i < MeasurementOutlet.Limit + 5; i++)
        {
            Append(i);
        }

        Append(0, "other");
        var queue = new RecordingQueue();
        _outlet.Open(queue);
        Assert.Equal(MeasurementOutlet.Limit, queue.Points.Count);
        Assert.Equal($"p{MeasurementOutlet.Limit - 1}", queue.Points[^1]);
        Assert.Equal([("device", 5), ("other", 1)], queue.Lost);

        // They are counted once.
        _outlet.Close();
        _outlet.Open(queue);
        Assert.Equal(2, queue.Lost.Count);
    }

    private void Append(int number, string device = "device") => _outlet.Append(DateTimeOffset.UnixEpoch, device, $"p{number}", ReadOnlyMemory<byte>.Empty, isUrgent: false);

    private sealed class RecordingQueue : ICountingQueue
    {
        public List<string> Points { get; } = [];

        public List<(string Device, long Count)> Lost { get; } = [];

        public void Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body, bool isUrgent) => Points.Add(point);

        public void CountHeld(IReadOnlyDictionary<string, long> lost) => Lost.AddRange(lost.Select(device => (device.Key, device.Value)));
    }
}
