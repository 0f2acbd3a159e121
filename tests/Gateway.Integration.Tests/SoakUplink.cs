using Gateway.TestSupport;

namespace Gateway.Integration.Tests;

/// <summary>An uplink of a long run: its network, its broker, and what arrives there.</summary>
internal sealed class SoakUplink : IAsyncDisposable
{
    private readonly Upstream _upstream;

    private SoakUplink(Upstream upstream, TcpRelay network, TimeTally times) => (_upstream, Network, Times) = (upstream, network, times);

    public TcpRelay Network { get; }

    public MosquittoBroker Broker => _upstream.Broker;

    public ReadingTally Readings { get; } = new();

    public TimeTally Times { get; }

    public static async Task<SoakUplink> StartAsync(TimeSpan wrongClock)
    {
        var upstream = await Upstream.StartAsync("plant1/+/+");
        return new SoakUplink(upstream, TcpRelay.Start(upstream.Broker.Port), new TimeTally(wrongClock));
    }

    /// <summary>Judges what has arrived meanwhile.</summary>
    public void Take() => Add(_upstream.Judge.Take());

    /// <summary>What the judge hears of a message, it has heard of all before it; and is connected, so that it hears all that is acknowledged after it.</summary>
    public async Task HearAsync(string topic)
    {
        await Broker.PublishAsync(topic, "");
        await Eventually.TrueAsync(() =>
        {
            var messages = _upstream.Judge.Take();
            Add(messages);
            return messages.Any(message => message.StartsWith(topic, StringComparison.Ordinal));
        });
    }

    /// <summary>Its troubles are over.</summary>
    public async Task CalmAsync()
    {
        Network.IsSilent = false;
        Network.BytesPerSecond = null;
        Network.Delay = TimeSpan.Zero;
        if (!Broker.IsRunning)
        {
            await Broker.StartAgainAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private void Add(IEnumerable<string> messages)
    {
        foreach (var message in messages.Select(Published.Parse))
        {
            if (Readings.Add(message))
            {
                Times.Add(message);
            }
        }
    }

    public override string ToString() => $"{Readings}; {Times}";
}
