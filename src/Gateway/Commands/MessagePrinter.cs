using System.Text;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Topics;

namespace Gateway.Commands;

/// <summary>Prints messages byte for byte as mosquitto_sub does, and knows when enough are printed.</summary>
/// <param name="output">Where to.</param>
/// <param name="error">Where a lost connection is said.</param>
internal sealed class MessagePrinter(Stream output, TextWriter error) : IMqttClientObserver
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _wasConnected;
    private bool _isAway;

    /// <summary>Whether the topic comes before the payload.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>Whether a line end comes after the payload.</summary>
    public bool HasLineEnds { get; init; } = true;

    /// <summary>Whether retained messages are left out.</summary>
    public bool SkipsRetained { get; init; }

    /// <summary>Whether the first message that is not retained is the end.</summary>
    public bool EndsAfterRetained { get; init; }

    /// <summary>Topic filters of what is left out.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>The most messages to print.</summary>
    public long Count { get; init; } = long.MaxValue;

    /// <summary>How many were printed.</summary>
    public long Printed { get; private set; }

    /// <summary>Completes when enough is printed or nobody reads any more; fails if there is no connection to begin with.</summary>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public void Connected(ConnectResult result)
    {
        _wasConnected = true;
        _isAway = false;
    }

    /// <inheritdoc/>
    public void Disconnected(DisconnectInfo info)
    {
        if (!_ended.Task.IsCompleted)
        {
            _isAway = true;
            error.WriteLine($"gateway: the connection ended: {info.Message.TrimEnd('.')}; trying again");
        }
    }

    /// <inheritdoc/>
    public void ConnectFailed(string message, TimeSpan retryIn)
    {
        if (!_wasConnected && !_isAway)
        {
            _ended.TrySetException(CommandException.Failed(message.TrimEnd('.')));
        }
    }

    /// <inheritdoc/>
    public ValueTask MessageReceived(ReceivedMessage message, CancellationToken cancellationToken)
    {
        if (_ended.Task.IsCompleted)
        {
            return ValueTask.CompletedTask;
        }

        var content = message.Message;
        if (EndsAfterRetained && !content.Retain)
        {
            _ended.TrySetResult();
            return ValueTask.CompletedTask;
        }

        message.Acknowledge();
        if ((SkipsRetained && content.Retain) || Excluded.Any(filter => TopicFilter.Matches(filter, content.Topic)))
        {
            return ValueTask.CompletedTask;
        }

        try
        {
            Print(content.Topic, content.Payload.Span);
        }
        catch (IOException)
        {
            // Nobody reads any more: the end of a pipe such as 'gateway sub … | head'.
            _ended.TrySetResult();
        }

        if (++Printed >= Count)
        {
            _ended.TrySetResult();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Enough: what comes from now on is neither printed nor said.</summary>
    public void Finish() => _ended.TrySetResult();

    /// <summary>Prints one message, with one write.</summary>
    internal void Print(string topic, ReadOnlySpan<byte> payload)
    {
        using var line = new MemoryStream();
        if (payload.Length > 0)
        {
            if (IsVerbose)
            {
                line.Write(Encoding.UTF8.GetBytes($"{topic} "));
            }

            line.Write(payload);
            if (HasLineEnds)
            {
                line.WriteByte((byte)'\n');
            }
        }
        else if (IsVerbose && HasLineEnds)
        {
            line.Write(Encoding.UTF8.GetBytes($"{topic} (null)\n"));
        }

        output.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        output.Flush();
    }
}
