using System.Collections.Concurrent;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Publishing;

/// <summary>
/// The retained status topics at the upstream broker: the newest state of each device and of the gateway, told when it changes and
/// after every connect. States are no readings: an old one is of no use, so only the newest is kept. Thread-safe.
/// </summary>
internal sealed class UplinkStates(MqttClient client, StatusTopics topics, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    // Stands for the gateway itself; no device can have this name.
    private const string GatewayItself = "$gateway";

    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, IReadOnlyList<ApplicationMessage>> _states = new() { [GatewayItself] = [topics.OfGateway(isOnline: true)] };
    private readonly ConcurrentDictionary<string, bool> _untold = [];
    private readonly HashSet<string> _refused = [];
    private readonly WakeSignal _wake = new(timeProvider);

    public void Set(string device, IReadOnlyList<ApplicationMessage> messages)
    {
        _states[device] = messages;
        _untold[device] = true;
        _wake.Set();
    }

    public void TellAll()
    {
        foreach (var subject in _states.Keys)
        {
            _untold[subject] = true;
        }

        _wake.Set();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var _ = cancellationToken.Register(_wake.Set);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await client.WaitForConnectionAsync(cancellationToken).ConfigureAwait(false);
                foreach (var subject in _untold.Keys)
                {
                    _untold.TryRemove(subject, out var _);
                    await TellAsync(subject, cancellationToken).ConfigureAwait(false);
                }

                await _wake.WaitAsync(LongestSleep).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>Tells that the gateway goes: a clean disconnect brings no Will.</summary>
    public async Task SayGoodbyeAsync(CancellationToken cancellationToken) =>
        await client.PublishAsync(topics.OfGateway(isOnline: false), cancellationToken).ConfigureAwait(false);

    public void Dispose() => _wake.Dispose();

    private async ValueTask TellAsync(string subject, CancellationToken cancellationToken)
    {
        if (!_states.TryGetValue(subject, out var messages))
        {
            return;
        }

        var isTaken = true;
        foreach (var message in messages)
        {
            var result = await client.PublishAsync(message, cancellationToken).ConfigureAwait(false);
            if (result.Outcome != PublishOutcome.Refused)
            {
                continue;
            }

            isTaken = false;
            if (_refused.Add(subject))
            {
                Log.StateRefused(logger, message.Topic, result.ReasonCode.ToString());
            }
        }

        if (isTaken)
        {
            _refused.Remove(subject);
        }

        // A device that is gone was told to be forgotten, once.
        if (messages.All(message => message.Payload.IsEmpty))
        {
            _states.TryRemove(new KeyValuePair<string, IReadOnlyList<ApplicationMessage>>(subject, messages));
            _refused.Remove(subject);
        }
    }
}
