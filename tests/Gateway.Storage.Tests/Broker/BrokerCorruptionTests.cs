using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Storage.Broker;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Gateway.Storage.Tests.Broker;

/// <summary>Each page of the broker's file is damaged in turn: all is there but what is on the page.</summary>
public sealed class BrokerCorruptionTests(ITestOutputHelper output) : IDisposable
{
    private const int RowsOfEach = 400;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    private string FilePath => Path.Combine(_folder, "broker.db");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("zeros")]
    [InlineData("noise")]
    [InlineData("one bit")]
    public async Task What_is_not_on_the_damaged_page_is_there(string damage)
    {
        using (var store = Open())
        {
            await store.CommitAsync(new BrokerChanges { Saved = Rows() }, default);
        }

        var sound = await File.ReadAllBytesAsync(FilePath);
        var (cases, there) = (0, 0);
        foreach (var page in PageDamage.PagesOf(FilePath, withFirst: true).ToList())
        {
            await File.WriteAllBytesAsync(FilePath, sound);
            await PageDamage.DoAsync(FilePath, page, damage);
            using var store = Open();
            var rows = await store.LoadAsync(default);

            // So many bytes has the shortest row of each.
            List<(string Table, int Missing, int MostOnAPage)> missing =
            [
                ("sessions", Missing(rows.Sessions.Select(row => row.Id)), PageDamage.PageSize / 100),
                ("subscriptions", Missing(rows.Subscriptions.Select(row => row.SessionId)), PageDamage.PageSize / 50),
                ("messages", Missing(rows.Messages.Select(row => row.Id)), PageDamage.PageSize / 200),
                ("deliveries", Missing(rows.Deliveries.Select(row => row.Number)), PageDamage.PageSize / 12),
                ("retained", Missing(rows.Retained.Select(row => long.Parse(row.Topic, System.Globalization.CultureInfo.InvariantCulture))), PageDamage.PageSize / 100),
            ];
            missing.RemoveAll(table => table.Missing == 0);
            Assert.True(missing.Count <= 1 && missing.All(table => table.Missing <= table.MostOnAPage), $"page {page}: {string.Join(' ', missing)}");
            (cases, there) = (cases + 1, there + rows.Count);
        }

        output.WriteLine($"broker.db, {damage}: {cases} pages, {cases * 5 * RowsOfEach} rows, {there} there");
    }

    private static int Missing(IEnumerable<long> numbers) => RowsOfEach - numbers.Distinct().Count(number => number is > 0 and <= RowsOfEach);

    private static BrokerRows Rows()
    {
        List<long> numbers = [.. Enumerable.Range(1, RowsOfEach)];
        return new BrokerRows
        {
            Sessions = [.. numbers.Select(n => new SessionRow(n, $"client {n}", null, new byte[100]))],
            Subscriptions = [.. numbers.Select(n => new SubscriptionRow(n, $"plant1/{n}/#", new byte[50]))],
            Messages = [.. numbers.Select(n => new MessageRow(n, null, new byte[200]))],
            Deliveries = [.. numbers.Select(n => new DeliveryRow { SessionId = n, Number = n, MessageId = n, QoS = QualityOfService.AtLeastOnce })],
            Retained = [.. numbers.Select(n => new RetainedRow($"{n}", null, null, new byte[100]))],
        };
    }

    private BrokerStore Open() => new(FilePath, _time, NullLogger<BrokerStore>.Instance);
}
