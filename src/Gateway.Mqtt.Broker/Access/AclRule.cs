using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>What a rule is about.</summary>
[Flags]
public enum AclAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>To subscribe with a filter that matches no topic beyond the rule's pattern.</summary>
    Subscribe = 1,

    /// <summary>To be given messages of its topics, whatever the subscription that they match.</summary>
    Receive = 2,

    /// <summary>To subscribe and to receive.</summary>
    Read = Subscribe | Receive,

    /// <summary>To publish.</summary>
    Write = 4,

    /// <summary>To read and to write.</summary>
    All = Read | Write,
}

/// <summary>Whom a rule is about.</summary>
public readonly record struct AclSubject
{
    private AclSubject(bool isAnonymous, string? userName) => (IsAnonymous, UserName) = (isAnonymous, userName);

    /// <summary>Every client, with a user name or without.</summary>
    public static AclSubject Everyone { get; }

    /// <summary>Clients without a user name.</summary>
    public static AclSubject Anonymous { get; } = new(true, null);

    /// <summary>Clients of that user.</summary>
    public static AclSubject User(string userName) => new(false, userName);

    /// <summary>Clients without a user name are meant.</summary>
    public bool IsAnonymous { get; }

    /// <summary>The user who is meant; null for the other two.</summary>
    public string? UserName { get; }
}

/// <summary>One rule of an access control list.</summary>
/// <param name="Subject">Whom it is about.</param>
/// <param name="Access">What it is about.</param>
/// <param name="TopicPattern">
/// A topic filter. In it <c>%u</c> stands for the client's user name and <c>%c</c> for its identifier, as they are:
/// a <c>+</c>, <c>#</c> or <c>/</c> in a name is no wildcard and no separator, and a client without a user name has
/// no topic that <c>%u</c> would match.
/// </param>
/// <param name="IsDenied">It takes away what other rules allow, whatever their order, rather than allowing it.</param>
public sealed record AclRule(AclSubject Subject, AclAccess Access, string TopicPattern, bool IsDenied = false)
{
    /// <summary>Why a text cannot be a rule's pattern, as the end of a sentence without full stop; null when it can.</summary>
    public static string? Refuse(string topicPattern)
    {
        ArgumentNullException.ThrowIfNull(topicPattern);
        return topicPattern.Length == 0 ? "it is empty"
            : TopicFilter.IsShared(topicPattern) ? "a shared subscription is allowed by the filter that follows '$share/…/'"
            : !TopicFilter.IsValid(topicPattern) ? "'+' and '#' stand for whole levels, and '#' comes last"
            : null;
    }
}
