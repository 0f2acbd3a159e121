using System.Globalization;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;

namespace Gateway.Benchmarks;

/// <summary>
/// <c>client PORT COUNT WINDOW [5]</c>: publishes at QoS 1, each acknowledgement taking a message off the window and the next one on it. Prints
/// messages per second, CPU time per message in microseconds, and bytes allocated per message: those of all threads, and of the message itself,
/// but for its payload, which is one for all.
/// </summary>
internal sealed class ClientPublishing : IPublishCompletion
{
    private readonly MqttClient _client;
    private readonly byte[] _payload = new byte[64];
    private TaskCompletionSource _end = new();
    private int _toSend;
    private int _toEnd;
    private PublishResult _refusal;

    private ClientPublishing(MqttClient client) => _client = client;

    public static async Task RunAsync(string[] arguments)
    {
        var numbers = Array.ConvertAll(arguments, text => int.Parse(text, CultureInfo.InvariantCulture));
        var (count, window) = (numbers[1], numbers[2]);
        await using var client = new MqttClient(new MqttClientOptions
        {
            Servers = [new Uri($"mqtt://127.0.0.1:{numbers[0]}")],
            ProtocolVersion = numbers is [_, _, _, 5] ? ProtocolVersion.V50 : ProtocolVersion.V311,
            MaximumInFlight = window,

            // The room of a message is given back after its completion, which takes the next.
            MaximumOutstanding = 2 * window,
        });
        await client.ConnectAsync();
        var publishing = new ClientPublishing(client);

        // Until the compiler has seen what is hot.
        await publishing.PublishAsync(count, window);
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var start = TimeProvider.System.GetTimestamp();
        await publishing.PublishAsync(count, window);
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count / elapsed.TotalSeconds:0} {cpu.TotalMicroseconds / count:0.00} {(double)allocated / count:0.0}"));
    }

    public void Completed(long token, PublishResult result)
    {
        if (!result.IsAccepted)
        {
            _refusal = result;
        }

        if (Interlocked.Decrement(ref _toSend) >= 0)
        {
            Publish();
        }

        if (Interlocked.Decrement(ref _toEnd) == 0)
        {
            _end.TrySetResult();
        }
    }

    private async Task PublishAsync(int count, int window)
    {
        _end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _toEnd = count;
        Volatile.Write(ref _toSend, count - window);
        for (var i = 0; i < window; i++)
        {
            Publish();
        }

        await _end.Task;
        if (_refusal != default)
        {
            throw new InvalidOperationException($"A message was not accepted: {_refusal}.");
        }
    }

    private void Publish()
    {
        var message = new ApplicationMessage { Topic = "benchmark/client", Payload = _payload, QoS = QualityOfService.AtLeastOnce };
        if (_client.TryPublish(message, this, 0) is var admission and not PublishAdmission.Accepted)
        {
            _end.TrySetException(new InvalidOperationException($"A message was not taken: {admission}."));
        }
    }
}
