using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>What a session knows of the network connection that serves it: where to write, and what the client accepts.</summary>
internal interface ISessionConnection
{
    ProtocolVersion Version { get; }

    /// <summary>Whoever writes calls <see cref="MarkDirty"/> afterwards.</summary>
    OutputBuffer Output { get; }

    /// <summary>The client's Receive Maximum, lowered to the broker's own limit.</summary>
    int ReceiveMaximum { get; }

    /// <summary>The client's Maximum Packet Size, bytes.</summary>
    uint MaximumPacketSize { get; }

    /// <summary>Null when the client takes no Topic Aliases.</summary>
    OutboundAliases? Aliases { get; }

    /// <summary>So much waits for the socket that no more messages are put there.</summary>
    bool IsCongested { get; }

    /// <summary>Bytes that wait for the socket.</summary>
    int UnsentBytes { get; }

    /// <summary>As a publisher, it waits for subscribers that fall behind.</summary>
    bool IsWaiting { get; }

    void MarkDirty();

    /// <summary>What is written from here on waits until all that changed so far is committed to the store.</summary>
    void Hold();
}
