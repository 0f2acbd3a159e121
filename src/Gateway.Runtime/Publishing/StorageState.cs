using System.Text.Json;
using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// Tells of the files beside the queue's whether their disk works, by a retained topic: at the beginning, and within a second when it is otherwise. Thread-safe.
/// </summary>
internal sealed class StorageState : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly string _site;
    private readonly Func<string?> _pointsProblem;
    private readonly Func<string?> _brokerProblem;
    private readonly Action<ApplicationMessage> _tell;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private (string? Points, string? Broker)? _told;

    /// <param name="site">The first part of the topic.</param>
    /// <param name="pointsProblem">What is wrong with the file of counts and states of outputs; null: nothing.</param>
    /// <param name="brokerProblem">What is wrong with the file of the broker's sessions and retained messages; null: nothing.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="tell">Publishes the message.</param>
    public StorageState(string site, Func<string?> pointsProblem, Func<string?> brokerProblem, TimeProvider timeProvider, Action<ApplicationMessage> tell)
    {
        (_site, _pointsProblem, _brokerProblem, _tell) = (site, pointsProblem, brokerProblem, tell);
        _timer = timeProvider.CreateTimer(_ => Look(), null, TimeSpan.Zero, Tick);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            var now = (_pointsProblem(), _brokerProblem());
            if (_told != now)
            {
                _told = now;
                _tell(Of(now.Item1, now.Item2));
            }
        }
    }

    /// <summary><c>{site}/$gateway/storage</c> = <c>{"points":null,"broker":"the disk that holds … does not answer"}</c></summary>
    private ApplicationMessage Of(string? points, string? broker)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("points"u8, points);
            json.WriteString("broker"u8, broker);
            json.WriteEndObject();
        }

        return new ApplicationMessage { Topic = $"{_site}/$gateway/storage", Payload = output.ToArray(), QoS = QualityOfService.AtLeastOnce, Retain = true };
    }
}
