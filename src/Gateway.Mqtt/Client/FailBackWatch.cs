using Gateway.Mqtt.Transport;

namespace Gateway.Mqtt.Client;

/// <summary>Looks now and then, while the client is connected elsewhere, whether servers that come before that one are back.</summary>
internal sealed class FailBackWatch(MqttClientOptions options, ServerHealth health, TimeProvider timeProvider, Func<TimeSpan> now)
{
    private const int LooksInQuiet = 5;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Waits until one of the servers has answered for <see cref="MqttClientOptions.FailBack"/>.</summary>
    /// <param name="earlier">Those servers, the first to go back to first.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>That server; null if the wait was ended.</returns>
    public async Task<Uri?> WaitAsync(IReadOnlyList<Uri> earlier, CancellationToken stop)
    {
        var quiet = options.FailBack!.Value;
        var pause = TimeSpan.FromTicks(Math.Clamp(quiet.Ticks / LooksInQuiet, ShortestPause.Ticks, LongestPause.Ticks));
        try
        {
            while (true)
            {
                await Task.Delay(pause, timeProvider, stop);
                foreach (var server in earlier)
                {
                    health.Probed(server, await ProbeAsync(server, stop), now());
                    if (health.HasAnsweredFor(server, quiet, now()))
                    {
                        return server;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            health.ProbesEnded();
        }
    }

    private async Task<string?> ProbeAsync(Uri server, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        try
        {
            await MqttProbe.ProbeAsync(server, options.Tls, linked.Token);
            return null;
        }
        catch (MqttException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return $"Cannot connect to {server}: no answer within {options.ConnectTimeout.TotalSeconds:0.#} s.";
        }
    }
}
