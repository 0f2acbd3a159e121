using Gateway.Storage.Queue;

namespace Gateway.Storage.Tests.Queue;

/// <summary>Random conversations with a queue, compared with a list.</summary>
public class QueueModelTests
{
    [Theory]
    [InlineData(1, 0, 16_000_000)]
    [InlineData(2, 0, 100_000)]
    [InlineData(3, 1000, 16_000_000)]
    [InlineData(4, 1000, 100_000)]
    [InlineData(5, 0, 100_000)]
    [InlineData(6, 1000, 100_000)]
    public async Task The_reader_sees_what_was_appended_and_not_acknowledged_in_order(int seed, int maxLossMilliseconds, int memory)
    {
        var random = new Random(seed);
        await using var fixture = new QueueFixture();
        fixture.Options = fixture.Options with { MaxLoss = TimeSpan.FromMilliseconds(maxLossMilliseconds), MemoryLimitBytes = memory };
        await fixture.OpenAsync();
        await fixture.HealthAsync(QueueHealth.Healthy);
        var waiting = new List<string>(); // appended and not acknowledged
        var read = new List<QueueRecord>(); // of those, the ones that were read
        var next = 1;
        for (var step = 0; step < 300; step++)
        {
            switch (random.Next(10))
            {
                case 0 or 1 or 2 or 3:
                    var count = random.Next(1, 120);
                    fixture.AppendMany(next, count, random.Next(10, 300));
                    waiting.AddRange(QueueFixture.Numbers(next, count));
                    next += count;
                    fixture.Time.Advance(TimeSpan.FromSeconds(random.Next(3)));
                    await fixture.WrittenIfDueAsync();
                    break;
                case 4 or 5 or 6 when waiting.Count > read.Count:
                    var records = await fixture.ReadAsync(random.Next(1, Math.Min(waiting.Count - read.Count, 150) + 1));
                    Assert.Equal(waiting.Skip(read.Count).Take(records.Count), QueueFixture.Texts(records));
                    read.AddRange(records);
                    break;
                case 7 or 8:
                    foreach (var record in read.Where(_ => random.Next(3) == 0).ToList())
                    {
                        fixture.Reader.Acknowledge(record.Position);
                        waiting.Remove(QueueFixture.Texts([record])[0]);
                        read.Remove(record);
                    }

                    break;
                case 9 when random.Next(3) == 0:
                    await fixture.ReopenAsync();
                    await fixture.HealthAsync(QueueHealth.Healthy);
                    read.Clear();
                    break;
                case 9:
                    fixture.Reader.Rewind();
                    read.Clear();
                    break;
            }

            Assert.Equal((waiting.Count, 0), (fixture.Statistics.Depth, fixture.Statistics.Dropped));
        }
    }
}
