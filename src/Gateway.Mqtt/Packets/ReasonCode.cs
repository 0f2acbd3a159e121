namespace Gateway.Mqtt.Packets;

#pragma warning disable CA1069 // The standard gives the value 0x00 one name per packet.

/// <summary>
/// The result of an operation; 0x80 and above are failures. MQTT 5.0 §2.4. The return codes of 3.1 and 3.1.1 are
/// translated to and from these by the codec.
/// </summary>
public enum ReasonCode : byte
{
    /// <summary>The operation succeeded.</summary>
    Success = 0x00,

    /// <summary>DISCONNECT: close normally, without the Will Message.</summary>
    NormalDisconnection = 0x00,

    /// <summary>SUBACK: the subscription is accepted with maximum QoS 0.</summary>
    GrantedQoS0 = 0x00,

    /// <summary>SUBACK: the subscription is accepted with maximum QoS 1.</summary>
    GrantedQoS1 = 0x01,

    /// <summary>SUBACK: the subscription is accepted with maximum QoS 2.</summary>
    GrantedQoS2 = 0x02,

    /// <summary>DISCONNECT: close, and publish the Will Message.</summary>
    DisconnectWithWillMessage = 0x04,

    /// <summary>PUBACK, PUBREC: accepted, but nobody subscribes to it.</summary>
    NoMatchingSubscribers = 0x10,

    /// <summary>UNSUBACK: no such Topic Filter was subscribed.</summary>
    NoSubscriptionExisted = 0x11,

    /// <summary>AUTH: another step follows.</summary>
    ContinueAuthentication = 0x18,

    /// <summary>AUTH: begin a re-authentication.</summary>
    ReAuthenticate = 0x19,

    /// <summary>The reason is not revealed or no other code fits.</summary>
    UnspecifiedError = 0x80,

    /// <summary>A packet could not be parsed by this specification.</summary>
    MalformedPacket = 0x81,

    /// <summary>A packet was not allowed, or contradicts the state.</summary>
    ProtocolError = 0x82,

    /// <summary>Valid, but not accepted by this implementation.</summary>
    ImplementationSpecificError = 0x83,

    /// <summary>CONNACK: the server does not speak the requested version.</summary>
    UnsupportedProtocolVersion = 0x84,

    /// <summary>CONNACK: the Client Identifier is not allowed.</summary>
    ClientIdentifierNotValid = 0x85,

    /// <summary>CONNACK: the user name or password is not accepted.</summary>
    BadUserNameOrPassword = 0x86,

    /// <summary>The client may not do this.</summary>
    NotAuthorized = 0x87,

    /// <summary>CONNACK: the server is not available.</summary>
    ServerUnavailable = 0x88,

    /// <summary>The server is busy; try again later.</summary>
    ServerBusy = 0x89,

    /// <summary>CONNACK: the client is banned.</summary>
    Banned = 0x8A,

    /// <summary>DISCONNECT: the server is shutting down.</summary>
    ServerShuttingDown = 0x8B,

    /// <summary>The Authentication Method is not supported or not the current one.</summary>
    BadAuthenticationMethod = 0x8C,

    /// <summary>DISCONNECT: nothing was received for 1.5 times the Keep Alive.</summary>
    KeepAliveTimeout = 0x8D,

    /// <summary>DISCONNECT: another connection uses the same Client Identifier.</summary>
    SessionTakenOver = 0x8E,

    /// <summary>The Topic Filter is well formed but not accepted.</summary>
    TopicFilterInvalid = 0x8F,

    /// <summary>The Topic Name is well formed but not accepted.</summary>
    TopicNameInvalid = 0x90,

    /// <summary>The Packet Identifier is already in use.</summary>
    PacketIdentifierInUse = 0x91,

    /// <summary>PUBREL, PUBCOMP: the Packet Identifier is not known.</summary>
    PacketIdentifierNotFound = 0x92,

    /// <summary>DISCONNECT: more unacknowledged messages than Receive Maximum.</summary>
    ReceiveMaximumExceeded = 0x93,

    /// <summary>DISCONNECT: a Topic Alias is zero or above Topic Alias Maximum.</summary>
    TopicAliasInvalid = 0x94,

    /// <summary>A packet exceeds Maximum Packet Size.</summary>
    PacketTooLarge = 0x95,

    /// <summary>DISCONNECT: messages come too fast.</summary>
    MessageRateTooHigh = 0x96,

    /// <summary>An implementation or administrative limit is exceeded.</summary>
    QuotaExceeded = 0x97,

    /// <summary>DISCONNECT: closed by an administrator.</summary>
    AdministrativeAction = 0x98,

    /// <summary>The payload is not what Payload Format Indicator says.</summary>
    PayloadFormatInvalid = 0x99,

    /// <summary>The server does not support retained messages.</summary>
    RetainNotSupported = 0x9A,

    /// <summary>The QoS is above the server's Maximum QoS.</summary>
    QoSNotSupported = 0x9B,

    /// <summary>Use another server for now; see Server Reference.</summary>
    UseAnotherServer = 0x9C,

    /// <summary>Use another server from now on; see Server Reference.</summary>
    ServerMoved = 0x9D,

    /// <summary>The server does not support Shared Subscriptions.</summary>
    SharedSubscriptionsNotSupported = 0x9E,

    /// <summary>Connections come too fast.</summary>
    ConnectionRateExceeded = 0x9F,

    /// <summary>DISCONNECT: the maximum connection time for this authorisation has passed.</summary>
    MaximumConnectTime = 0xA0,

    /// <summary>The server does not support Subscription Identifiers.</summary>
    SubscriptionIdentifiersNotSupported = 0xA1,

    /// <summary>The server does not support Wildcard Subscriptions.</summary>
    WildcardSubscriptionsNotSupported = 0xA2,
}
