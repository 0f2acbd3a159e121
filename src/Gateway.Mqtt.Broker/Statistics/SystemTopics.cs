using System.Globalization;
using System.Text;
using Gateway.Mqtt.Broker.Retained;
using Gateway.Mqtt.Broker.Routing;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Statistics;

/// <summary>
/// What the broker says of itself below <c>$SYS</c>, under mosquitto's names where mosquitto has one. The values are
/// retained, but kept apart: they are never stored, and count for no limit. While nobody subscribes to them only the
/// load averages are kept. Not thread-safe.
/// </summary>
internal sealed class SystemTopics : Deadline
{
    private const string Root = "$SYS/broker/";

    private readonly BrokerState _state;
    private readonly long _interval;
    private readonly RetainedStore _values;
    private readonly List<SystemTopic> _topics = [];
    private readonly List<(LoadAverage Average, Func<Tally, long> Total)> _loads = [];
    private long _loadsAt;
    private bool _isWatched;

    /// <param name="state">The broker's.</param>
    /// <param name="interval">Between two times that values are published; more than zero.</param>
    /// <param name="version">What the broker is.</param>
    public SystemTopics(BrokerState state, TimeSpan interval, string version)
    {
        _state = state;
        _interval = (long)interval.TotalMilliseconds;
        _values = new RetainedStore(new BrokerLimits(), state.Deadlines);
        Add("version", _ => version);
        Add("uptime", s => $"{s.Now / 1000} seconds");
        AddClients();
        AddMessages();
        AddRefusals();
        AddLoads();
        state.Deadlines.Schedule(this, state.Now + _interval);
    }

    private static ReadOnlySpan<byte> FirstLevel => "$SYS"u8;

    /// <summary>Whether a topic is the broker's own, where no client may publish.</summary>
    public static bool Owns(ReadOnlySpan<byte> topic)
        => topic.StartsWith(FirstLevel) && (topic.Length == FirstLevel.Length || topic[FirstLevel.Length] == TopicLevels.Separator);

    public override void OnDue(long now)
    {
        var elapsed = TimeSpan.FromMilliseconds(now - _loadsAt);
        _loadsAt = now;
        foreach (var (average, total) in _loads)
        {
            average.Add(total(_state.Tally), elapsed);
        }

        _isWatched = _state.Subscriptions.HasFirstLevel(FirstLevel);
        if (_isWatched)
        {
            Update(isPublished: true);
        }

        _state.Deadlines.Schedule(this, now + _interval);
    }

    /// <summary>Calls <paramref name="visit"/> for each value whose topic the filter (not shared) matches.</summary>
    public void Match(ReadOnlySpan<byte> filter, Action<StoredMessage> visit)
    {
        if (!Owns(filter))
        {
            return;
        }

        // Whoever comes first finds the values of now; whoever comes later those that the others were told.
        if (!_isWatched)
        {
            _isWatched = true;
            Update(isPublished: false);
        }

        _values.Match(filter, visit);
    }

    private void Update(bool isPublished)
    {
        foreach (var topic in _topics)
        {
            if (topic.TryChange(_state))
            {
                var message = new RoutedMessage { Topic = topic.Name, Payload = topic.Text, Retain = true, Now = _state.Now };
                _values.Set(message.Store());
                if (isPublished)
                {
                    _state.Distribute(ref message);
                }
            }
        }
    }

    private void AddClients()
    {
        Add("clients/total", s => s.Sessions.Count);
        Add("clients/connected", s => s.Tally.Clients);
        Add("clients/active", s => s.Tally.Clients);
        Add("clients/disconnected", s => s.Sessions.Count - s.Tally.Clients);
        Add("clients/inactive", s => s.Sessions.Count - s.Tally.Clients);
        Add("clients/maximum", s => s.Tally.MostClients);
        Add("clients/expired", s => s.Tally.SessionsExpired);
        Add("subscriptions/count", s => s.Subscriptions.Count);
        Add("shared_subscriptions/count", s => s.Subscriptions.SharedCount);
    }

    private void AddMessages()
    {
        Add("messages/received", s => s.Tally.PacketsReceived);
        Add("messages/sent", s => s.Tally.PacketsSent);
        Add("messages/stored", s => s.Retained.Count + s.Tally.QueuedMessages);
        Add("store/messages/count", s => s.Retained.Count + s.Tally.QueuedMessages);
        Add("store/messages/bytes", s => s.Retained.Bytes + s.Tally.QueuedBytes);
        Add("retained messages/count", s => s.Retained.Count);
        Add("publish/messages/received", s => s.Tally.MessagesReceived);
        Add("publish/messages/sent", s => s.Tally.MessagesSent);
        Add("publish/messages/dropped", s => s.Tally.Dropped);
        Add("publish/bytes/received", s => s.Tally.PayloadBytesReceived);
        Add("publish/bytes/sent", s => s.Tally.PayloadBytesSent);
        Add("bytes/received", s => s.Tally.BytesReceived);
        Add("bytes/sent", s => s.Tally.BytesSent);
    }

    // What mosquitto does not say: which limit was reached, and how often.
    private void AddRefusals()
    {
        Add("dropped/slow-subscriber", s => s.Tally.DroppedSlowSubscriber);
        Add("dropped/queue-full", s => s.Tally.DroppedQueueFull);
        Add("dropped/too-large", s => s.Tally.DroppedTooLarge);
        Add("dropped/expired", s => s.Tally.DroppedExpired);
        Add("dropped/not-retained", s => s.Tally.NotRetained);
        Add("refused/connections", s => s.Tally.ConnectionsRefused);
        Add("refused/clients", s => s.Tally.ClientsRefused);
        Add("refused/unauthorized", s => s.Tally.Unauthorized);
        Add("refused/protocol-errors", s => s.Tally.ProtocolErrors);
        Add("logins/failed", s => s.Tally.LoginsFailed);
        Add("logins/slowed", s => s.Tally.LoginsSlowed);
        Add("rate-pauses", s => s.Tally.RatePauses);
    }

    private void AddLoads()
    {
        AddLoad("messages/received", tally => tally.PacketsReceived);
        AddLoad("messages/sent", tally => tally.PacketsSent);
        AddLoad("publish/received", tally => tally.MessagesReceived);
        AddLoad("publish/sent", tally => tally.MessagesSent);
        AddLoad("publish/dropped", tally => tally.Dropped);
        AddLoad("bytes/received", tally => tally.BytesReceived);
        AddLoad("bytes/sent", tally => tally.BytesSent);
        AddLoad("sockets", tally => tally.ConnectionsOpened);
        AddLoad("connections", tally => tally.ClientsAccepted);
    }

    private void Add(string name, Func<BrokerState, long> value) => Add(name, s => value(s).ToString(CultureInfo.InvariantCulture));

    private void Add(string name, Func<BrokerState, string> text) => _topics.Add(new SystemTopic(Root + name, text));

    private void AddLoad(string name, Func<Tally, long> total)
    {
        var average = new LoadAverage();
        _loads.Add((average, total));
        for (var i = 0; i < LoadAverage.Spans.Count; i++)
        {
            var place = i;
            Add($"load/{name}/{LoadAverage.Spans[i]}", _ => average.Values[place].ToString("0.00", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>One value.</summary>
    private sealed class SystemTopic(string name, Func<BrokerState, string> read)
    {
        private readonly byte[] _name = Encoding.UTF8.GetBytes(name);
        private string? _text;

        public ReadOnlySpan<byte> Name => _name;

        public byte[] Text { get; private set; } = [];

        /// <summary>Takes the value of now; false when it is the one of before.</summary>
        public bool TryChange(BrokerState state)
        {
            var text = read(state);
            if (text == _text)
            {
                return false;
            }

            _text = text;
            Text = Encoding.UTF8.GetBytes(text);
            return true;
        }
    }
}
