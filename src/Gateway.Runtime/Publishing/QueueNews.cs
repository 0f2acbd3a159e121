using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Publishing;

/// <summary>Tells of the queue when it is another one: losses and trouble with the disk; and how much waits, where somebody looks at that. Thread-safe.</summary>
/// <param name="topic">Makes the messages.</param>
/// <param name="tell">Publishes one, under the name of what it is about.</param>
internal sealed class QueueNews(QueueTopic topic, Action<string, ApplicationMessage> tell)
{
    private string? _told;
    private string? _toldDepth;

    /// <summary>Tells what is new.</summary>
    /// <param name="queue">How it is.</param>
    /// <param name="withDepth">Whether anybody looks at how much waits, which changes all the time.</param>
    public void Tell(QueueStatus queue, bool withDepth)
    {
        Tell(ref _told, "$queue", topic.Of(queue));
        if (withDepth)
        {
            Tell(ref _toldDepth, "$depth", topic.OfDepth(queue));
        }
    }

    private void Tell(ref string? told, string subject, ApplicationMessage message)
    {
        var text = Encoding.UTF8.GetString(message.Payload.Span);
        if (Interlocked.Exchange(ref told, text) != text)
        {
            tell(subject, message);
        }
    }
}
