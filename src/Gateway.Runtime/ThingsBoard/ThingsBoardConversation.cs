using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Polling;
using Gateway.Runtime.Publishing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.ThingsBoard;

/// <summary>
/// What is said to a ThingsBoard beside telemetry, and heard from it: devices that connect and disconnect, client attributes, shared
/// attributes, which set the points of their names, and RPC, which sets and reads points. By its gateway API each device is one of
/// ThingsBoard's, by its device API the gateway is the only one.
/// </summary>
/// <param name="client">The uplink's.</param>
/// <param name="topics">The API.</param>
/// <param name="site">The first level of the topics of commands.</param>
/// <param name="version">The gateway's version.</param>
/// <param name="commands">Carries out what is set.</param>
/// <param name="points">Points and their newest values.</param>
/// <param name="applied">The attributes that points were set to.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Is told of a server that refuses subscriptions.</param>
internal sealed class ThingsBoardConversation(
    MqttClient client, ThingsBoardTopics topics, string site, string version, CommandDispatcher commands, IThingsBoardPoints points, AppliedAttributes applied, TimeProvider timeProvider, ILogger logger)
    : IUplinkConversation
{
    private const int MostRequests = 10_000;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, (DeviceDefinition Device, DeviceState? State)> _devices = [];
    private readonly ConcurrentDictionary<string, bool> _untold = [];
    private readonly ConcurrentDictionary<int, (string Device, IReadOnlyList<string> Points)> _requests = [];
    private readonly WakeSignal _wake = new(timeProvider);
    private int _lastRequest;
    private volatile bool _mustTellGateway = true;

    // ThingsBoard has no topics for them.
    public void SetState(string subject, IReadOnlyList<ApplicationMessage> messages)
    {
    }

    public void SetDevice(DeviceDefinition device, DeviceState? state)
    {
        _devices[device.Name] = (device, state);
        _untold[device.Name] = true;
        _wake.Set();
    }

    public void Connected()
    {
        _mustTellGateway = true;
        _requests.Clear();
        foreach (var device in _devices.Keys)
        {
            _untold[device] = true;
        }

        _wake.Set();
    }

    public void Receive(ApplicationMessage message)
    {
        var payload = message.Payload.Span;
        switch (topics.KindOf(message.Topic, out var number))
        {
            case ThingsBoardMessage.Rpc when ThingsBoardRequest.TryReadRpc(payload, topics.IsGatewayApi, number, out var rpc):
                Answer(rpc);
                break;
            case ThingsBoardMessage.SharedAttributes when ThingsBoardRequest.TryReadUpdate(payload, topics.IsGatewayApi, out var update):
                Apply(update);
                break;
            case ThingsBoardMessage.AttributeResponse when ThingsBoardRequest.TryReadResponse(payload, topics.IsGatewayApi, number, _requests, out var response):
                Apply(response);
                break;
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var waking = stop.Register(_wake.Set);
        try
        {
            await SubscribeAsync(stop).ConfigureAwait(false);
            while (!stop.IsCancellationRequested)
            {
                await client.WaitForConnectionAsync(stop).ConfigureAwait(false);
                if (_mustTellGateway)
                {
                    _mustTellGateway = false;
                    await PublishAsync(ThingsBoardTopics.OfGateway(site, version), stop).ConfigureAwait(false);
                }

                foreach (var device in _untold.Keys)
                {
                    _untold.TryRemove(device, out _);
                    await TellAsync(device, stop).ConfigureAwait(false);
                }

                await _wake.WaitAsync(LongestSleep).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    // The end of the connection says it.
    public Task SayGoodbyeAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _wake.Dispose();

    private async Task SubscribeAsync(CancellationToken stop)
    {
        var subscriptions = topics.Filters.Select(filter => new Subscription { TopicFilter = filter, MaximumQoS = QualityOfService.AtLeastOnce });
        try
        {
            var codes = await client.SubscribeAsync([.. subscriptions], null, stop).ConfigureAwait(false);
            foreach (var (filter, code) in topics.Filters.Zip(codes).Where(pair => pair.Second.IsFailure()))
            {
                Log.CommandsRefused(logger, filter, code.ToString());
            }
        }
        catch (MqttException fault)
        {
            Log.CommandsRefused(logger, topics.Filters[0], fault.Message);
        }
    }

    private async Task TellAsync(string name, CancellationToken stop)
    {
        if (!_devices.TryGetValue(name, out var entry))
        {
            return;
        }

        var (device, state) = entry;
        foreach (var message in topics.OfDevice(device, state))
        {
            await PublishAsync(message, stop).ConfigureAwait(false);
        }

        if (state is null)
        {
            _devices.TryRemove(new KeyValuePair<string, (DeviceDefinition, DeviceState?)>(name, entry));
        }
        else if (state.IsOnline && device.AllPoints.Where(point => point.Writable).Select(point => point.Name).ToList() is { Count: > 0 } writable)
        {
            if (_requests.Count >= MostRequests)
            {
                _requests.Clear();
            }

            var request = Interlocked.Increment(ref _lastRequest);
            _requests[request] = (name, writable);
            await PublishAsync(topics.RequestShared(request, name, writable), stop).ConfigureAwait(false);
        }
    }

    private async ValueTask PublishAsync(ApplicationMessage message, CancellationToken cancellationToken) =>
        await client.PublishAsync(message, cancellationToken).ConfigureAwait(false);

    // What is set goes the way of every command, and its answer is theirs.
    private void Answer(ThingsBoardRpc rpc)
    {
        if (points.Resolve(rpc.Device, rpc.Point) is not { } target)
        {
            Reply(rpc, CommandPayload.Failed($"there is no point {(rpc.Device is null ? rpc.Point : $"{rpc.Device}.{rpc.Point}")}"));
        }
        else if (rpc.Value is { } value)
        {
            commands.Dispatch(SetCommand(target, value), async (answer, token) => await PublishAsync(topics.Answer(rpc, answer.Payload), token).ConfigureAwait(false));
        }
        else
        {
            Reply(rpc, points.Find(target.DeviceName, target.Name) is { Value: { Kind: not PointValueKind.None } newest }
                ? ThingsBoardTopics.Bare(newest)
                : CommandPayload.Failed($"{target} has no value"));
        }
    }

    // Within the client's own turn nothing is waited for, and a server that is gone has no use for an answer.
    private void Reply(ThingsBoardRpc rpc, byte[] data) => client.TryPublish(topics.Answer(rpc, data), Unattended.Instance, 0);

    private void Apply(ThingsBoardAttributes attributes)
    {
        foreach (var (key, payload) in attributes.Values)
        {
            // Attributes of other names are for others.
            if (points.Resolve(attributes.Device, key) is not { Writable: true } target || !ThingsBoardRequest.TryReadValue(payload, out var value))
            {
                continue;
            }

            // What was asked for is the state of some time: it counts where it is another than was set, and than the point has.
            if (!attributes.IsNews && (IsPulse(target) || applied.Has(target, value)))
            {
                continue;
            }

            if (!attributes.IsNews && points.Find(target.DeviceName, target.Name) is { } newest && ThingsBoardRequest.IsSame(newest.Value, value))
            {
                // As if it had been set: once the point is changed on site, it is an old one.
                applied.Keep(target, value);
                continue;
            }

            commands.Dispatch(SetCommand(target, payload), (answer, _) =>
            {
                // What failed counts anew the next time.
                if (CommandPayload.IsSuccess(answer.Payload.Span))
                {
                    applied.Keep(target, value);
                }

                return ValueTask.CompletedTask;
            });
        }
    }

    // A pulse is a deed, and its attribute says nothing of how things are: only what is set now opens a door.
    private static bool IsPulse(PointDefinition point) => point.Settings.IsWritten("pulse");

    private ApplicationMessage SetCommand(PointDefinition point, byte[] payload) => new() { Topic = $"{site}/{point.DeviceName}/{point.Name}/set", Payload = payload };

    private sealed class Unattended : IPublishCompletion
    {
        public static readonly Unattended Instance = new();

        public void Completed(long token, PublishResult result)
        {
        }
    }
}
