using System.Buffers;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;
using Gateway.Runtime.Polling;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Commands;

/// <summary>
/// Carries commands down to the buses: topic → point → raw value → write → answer. At most 256 are under way at once. Thread-safe.
/// </summary>
/// <param name="site">The first part of every command's topic.</param>
/// <param name="findPoint">A point and its bus by device and point name; null if there is none.</param>
/// <param name="isOwn">Which topics are those of the gateway's own readings and states, where no answer goes.</param>
/// <param name="timeProvider">The clock of the time limit.</param>
/// <param name="logger">Tells what was written, and what was refused.</param>
public sealed class CommandRouter(
    string site,
    Func<string, string, (BusPoller Bus, PointDefinition Point)?> findPoint,
    Func<string, bool> isOwn,
    TimeProvider timeProvider,
    ILogger logger)
{
    private const int MaxUnderWay = 256;

    // An error repeats what was sent; a long payload is not sent back whole.
    private const int LongestError = 300;

    private int _underWay;
    private long _done;
    private long _refused;

    /// <summary>Commands that were carried out.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>Commands that were not.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>The topic filter of all commands.</summary>
    public string Filter => FilterOf(site);

    /// <summary>The topic filter of all commands of a site.</summary>
    public static string FilterOf(string site) => $"{site}/+/+/set";

    /// <summary>Whether a command's topic is that of a point.</summary>
    internal bool Knows(string topic) => Find(topic, out _) is not null;

    /// <summary>
    /// Carries out one command, whose payload must stay as it is until then, and gives the answer to be published:
    /// on its Response Topic with its Correlation Data (MQTT 5.0 §4.10), else on the point's result topic. There it goes, too, where the
    /// Response Topic is one of the gateway's own: an answer is not to be taken for a reading, or for another command.
    /// Never throws but for cancellation: a refusal is an answer.
    /// </summary>
    public async Task<ApplicationMessage> ExecuteAsync(ApplicationMessage command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        var (value, error) = Interlocked.Increment(ref _underWay) > MaxUnderWay
            ? (PointValue.None, $"{MaxUnderWay} commands are under way already; try again later")
            : await WriteAsync(command, cancellationToken).ConfigureAwait(false);
        Interlocked.Decrement(ref _underWay);
        error = error is { Length: > LongestError } ? string.Concat(error.AsSpan(0, LongestError), "…") : error;
        Interlocked.Increment(ref error is null ? ref _done : ref _refused);
        var (device, point) = CommandTopic.NamesOf(command.Topic);
        if (error is null)
        {
            Log.CommandDone(logger, command.Topic, device, point, value.ToString());
        }
        else
        {
            Log.CommandRefused(logger, command.Topic, device, point, error);
        }

        return new ApplicationMessage
        {
            Topic = TopicOfAnswer(command),
            Payload = error is null ? CommandPayload.Succeeded(value) : CommandPayload.Failed(error),
            QoS = QualityOfService.AtLeastOnce,
            CorrelationData = command.CorrelationData,
        };
    }

    private string TopicOfAnswer(ApplicationMessage command)
    {
        if (command.ResponseTopic is { } asked)
        {
            if (!TopicFilter.Matches(Filter, asked) && !isOwn(asked))
            {
                return asked;
            }

            var (device, point) = CommandTopic.NamesOf(command.Topic);
            Log.ResponseTopicRefused(logger, command.Topic, device, point, asked);
        }

        return string.Concat(command.Topic.AsSpan(0, command.Topic.Length - "set".Length), "result");
    }

    private async Task<(PointValue Value, string? Error)> WriteAsync(ApplicationMessage command, CancellationToken cancellationToken)
    {
        if (Find(command.Topic, out var error) is not { } target)
        {
            return (PointValue.None, error);
        }

        return CommandPayload.TryParse(new ReadOnlySequence<byte>(command.Payload), out var value, out error)
            ? (value, (await PointWriter.WriteAsync(target.Bus, target.Point, value, timeProvider, cancellationToken).ConfigureAwait(false)).Error)
            : (PointValue.None, error);
    }

    private (BusPoller Bus, PointDefinition Point)? Find(string topic, out string? error)
    {
        var levels = topic.StartsWith(site + "/", StringComparison.Ordinal) ? topic[(site.Length + 1)..].Split('/') : [];
        error = null;
        if (levels is not [var device, var point, "set"])
        {
            error = $"a command's topic is {site}/DEVICE/POINT/set";
            return null;
        }

        var found = findPoint(device, point);
        error = found is null ? $"there is no point {device}.{point}" : null;
        return found;
    }
}
