using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

internal static class SubscriberWaits
{
    /// <summary>Waits for a message on a topic that is as wanted, and returns the first; the gateway's log explains a failure.</summary>
    public static async Task<Published> FirstAsync(
        this MosquittoSubscriber subscriber, string topic, GatewayInstallation gateway, Func<Published, bool>? isWanted = null)
    {
        Published? found = null;
        await Eventually.TrueAsync(
            () => (found = Find(subscriber, topic, isWanted)) is not null,
            () => $"Nothing as wanted on {topic}. Last messages:\n{string.Join('\n', subscriber.Messages.TakeLast(20))}\nThe gateway said:\n{gateway.Log}");
        return found!;
    }

    /// <summary>Waits until a subscriber has so many messages more than now.</summary>
    public static Task MoreAsync(this MosquittoSubscriber subscriber, int count) => subscriber.WaitForAsync(subscriber.Count + count);

    /// <summary>Waits until a subscriber has so many readings more than now; what a broker kept over a restart, and states, do not count.</summary>
    public static Task MoreReadingsAsync(this MosquittoSubscriber subscriber, int count)
    {
        var wanted = Published.ReadingsFrom(subscriber).Count + count;
        return Eventually.TrueAsync(() => Published.ReadingsFrom(subscriber).Count >= wanted, () => $"{Published.ReadingsFrom(subscriber).Count} of {wanted} readings came.");
    }

    private static Published? Find(MosquittoSubscriber subscriber, string topic, Func<Published, bool>? isWanted) =>
        subscriber.Messages.Where(m => m.StartsWith(topic + ' ', StringComparison.Ordinal)).Select(Published.Parse)
            .FirstOrDefault(m => isWanted?.Invoke(m) ?? true);
}
