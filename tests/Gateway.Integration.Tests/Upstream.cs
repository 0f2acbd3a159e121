using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>
/// A mosquitto that may be killed, and who hears what arrives there: connected, at QoS 0, as to such a one it hands on each message before it acknowledges that.
/// </summary>
internal sealed record Upstream(MosquittoBroker Broker, MosquittoSubscriber Judge) : IAsyncDisposable
{
    /// <param name="readings">The topic filter of what is judged.</param>
    /// <param name="savesSessions">Whether it writes its sessions to the disk at each change, and its log says all.</param>
    public static async Task<Upstream> StartAsync(string readings, bool savesSessions = false)
    {
        var broker = await MosquittoBroker.StartAsync($"queue_qos0_messages true\nmax_queued_messages 0{(savesSessions ? "\nautosave_interval 1\nautosave_on_changes true\nlog_dest stderr\nlog_type all" : "")}");
        var judge = await broker.SubscribeAsync(readings, 0, "-c", "-i", "judge");

        // An orderly end, so that the judge's session is in the file with which it begins after each kill.
        await broker.StopAsync();
        await broker.StartAgainAsync();
        return new Upstream(broker, judge);
    }

    public async ValueTask DisposeAsync()
    {
        await Judge.DisposeAsync();
        await Broker.DisposeAsync();
    }
}
