using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>A message on its way out, with whom to tell how it ended.</summary>
/// <param name="Message">Held until the end; its bytes must stay as they are.</param>
/// <param name="Completion">Null once nobody wants to know any more.</param>
/// <param name="Token">The caller's number.</param>
internal readonly record struct OutgoingPublish(ApplicationMessage Message, IPublishCompletion? Completion, long Token);
